//! Tests that the errors about the programs in `tests/ui` are the expected messages of these
//! programs, without the compiler: this takes a second, where the compile tests take minutes.

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, ImplItemFn, Item, ItemEnum, ItemFn, ItemMacro, ItemStruct, ItemUnion, LitStr,
    TraitItemFn,
};

use super::syntax_tests::{parsed, sources};
use super::tests::take_attribute;
use crate::args::AttributeKind;
use crate::derive::classify;
use crate::driver;

/// The errors about the items of a program.
#[derive(Default)]
struct Refusals(Vec<String>);

impl Refusals {
    fn add(&mut self, taken: Option<(AttributeKind, TokenStream)>, rest: &impl ToTokens) {
        if let Some((kind, args)) = taken {
            self.read(driver::expand(kind, &args, &rest.to_token_stream()));
        }
    }

    /// Reads the errors of an expansion, and expands the lower attributes in it.
    fn read(&mut self, expansion: TokenStream) {
        let file = syn::parse2::<syn::File>(expansion);
        self.visit_file_mut(&mut file.expect("an expansion is a list of items"));
    }
}

impl VisitMut for Refusals {
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.add(take_attribute(&mut item.attrs), item);
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        self.add(take_attribute(&mut item.attrs), item);
        visit_mut::visit_impl_item_fn_mut(self, item);
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        self.add(take_attribute(&mut item.attrs), item);
        visit_mut::visit_trait_item_fn_mut(self, item);
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        if let Item::Struct(ItemStruct { attrs, .. })
        | Item::Enum(ItemEnum { attrs, .. })
        | Item::Union(ItemUnion { attrs, .. }) = item
        {
            let taken = take_attribute(attrs);
            let derives = attrs.iter().position(derives_classify);
            let derive = derives.map(|at| attrs.remove(at));
            self.add(taken, item);
            if derive.is_some() {
                self.read(classify(item.to_token_stream()));
            }
        }
        visit_mut::visit_item_mut(self, item);
    }

    fn visit_item_macro_mut(&mut self, item: &mut ItemMacro) {
        if item.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error") {
            let message: LitStr = item.mac.parse_body().expect("a message");
            self.0.push(message.value());
        }
    }
}

fn derives_classify(attribute: &Attribute) -> bool {
    let mut is_named = false;
    let _ = attribute.parse_nested_meta(|meta| {
        is_named |= meta.path.segments.last().is_some_and(|last| last.ident == "Classify");
        Ok(())
    });
    is_named && attribute.path().is_ident("derive")
}

#[test]
fn each_error_about_a_refused_program_is_one_of_its_expected_messages() {
    let mut refused = BTreeSet::new();
    for path in sources("../tests/ui/tests/fail") {
        let expected = fs::read_to_string(path.with_extension("stderr")).expect("the messages");
        let mut refusals = Refusals::default();
        refusals.visit_file_mut(&mut parsed(&path));
        for message in refusals.0 {
            assert!(is_expected(&message, &expected), "{}: {message}", path.display());
            refused.insert(message);
        }
    }
    assert!(refused.len() > 250, "found only {} messages", refused.len());
}

/// Compares without spaces: only the compiler knows where the program has spaces.
fn is_expected(message: &str, expected: &str) -> bool {
    let without_spaces = |text: &str| text.replace(' ', "");
    let message = without_spaces(message);
    let mut errors = expected.lines().filter_map(|line| line.strip_prefix("error: "));
    errors.any(|error| without_spaces(error) == message)
}

#[test]
fn a_message_that_no_line_has_is_not_expected() {
    let expected = "error: unknown key `nme`\n --> src/lib.rs\n";
    assert!(is_expected("unknown key `nme`", expected));
    assert!(!is_expected("unknown key", expected));
}
