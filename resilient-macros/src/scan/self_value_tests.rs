//! Tests which occurrences of `self` are renamed, and which stay unchanged.

use super::*;
use proc_macro2::Span;
use quote::quote;

fn renamed(body: TokenStream) -> String {
    rename_self(body, &Ident::new("__self", Span::call_site())).to_string()
}

#[test]
fn only_values_named_self_are_renamed() {
    for (body, expected) in [
        (quote!(self.a(self, [&self])), quote!(__self.a(__self, [&__self]))),
        (quote!(self::f(Self::A, crate::self_)), quote!(self::f(Self::A, crate::self_))),
        (quote!(use a::{self, b};, self.c), quote!(use a::{self, b};, __self.c)),
        (quote!(use self::a;, self), quote!(use self::a;, __self)),
        (quote!(pub(self) fn f() {}, self), quote!(pub(self) fn f() {}, __self)),
        (
            quote!(
                impl<const N: usize> A<{ N }> for B<{ 1 }> {
                    fn f(self) {
                        self
                    }
                },
                self
            ),
            quote!(
                impl<const N: usize> A<{ N }> for B<{ 1 }> {
                    fn f(self) {
                        self
                    }
                },
                __self
            ),
        ),
        (
            quote!(
                trait A {
                    fn f(&self) {
                        self
                    }
                },
                self
            ),
            quote!(
                trait A {
                    fn f(&self) {
                        self
                    }
                },
                __self
            ),
        ),
        (quote!(|x| m!(self, x)), quote!(|x| m!(__self, x))),
    ] {
        assert_eq!(renamed(body), expected.to_string());
    }
}

#[test]
fn a_format_string_of_a_known_macro_gets_self_as_an_argument() {
    for (body, expected) in [
        (quote!(println!("{self}")), quote!(println!("{self}", self = __self))),
        (
            quote!(log::info!("{self:?} {}", x,)),
            quote!(log::info!("{self:?} {}", x, self = __self)),
        ),
        (quote!(f(format!("{}", self))), quote!(f(format!("{}", __self)))),
        (quote!(println!("{{self}}")), quote!(println!("{{self}}"))),
        (quote!(custom!("{self}")), quote!(custom!("{self}"))),
    ] {
        assert_eq!(renamed(body), expected.to_string());
    }
}

#[test]
fn a_format_string_that_names_self_for_an_unknown_macro_is_found() {
    assert!(self_in_format_string(&quote!({ custom!("{self}") })));
    assert!(self_in_format_string(&quote!(f("{self:?}"))));
    assert!(self_in_format_string(&quote!(println!("{}", f("{self:?}")))));
    assert!(!self_in_format_string(&quote!(println!("{}", self))));
    assert!(!self_in_format_string(&quote!(println!("{self}"))));
}
