//! Tests that the variables of every kind of pattern are found.

use super::*;
use crate::fuzz_tokens::invisible;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;

fn names(pattern: &TokenStream) -> Vec<String> {
    let shown = |binding: &PatternBinding| {
        let by_ref = if binding.by_ref { "ref " } else { "" };
        let mutable = if binding.mutable.is_some() { "mut " } else { "" };
        format!("{by_ref}{mutable}{}", binding.ident)
    };
    let pattern = Pat::parse_multi_with_leading_vert.parse2(pattern.clone());
    bindings(&pattern.expect("a pattern")).iter().map(shown).collect()
}

#[test]
fn the_variables_of_every_pattern_are_found() {
    for (pattern, expected) in [
        (quote!(x), vec!["x"]),
        (quote!(mut x), vec!["mut x"]),
        (quote!(ref mut x), vec!["ref mut x"]),
        (quote!(r#type), vec!["r#type"]),
        (quote!(_), vec![]),
        (quote!(_x), vec!["_x"]),
        (quote!((a, mut b, _)), vec!["a", "mut b"]),
        (quote!([first, .., last]), vec!["first", "last"]),
        (quote!([head, rest @ ..]), vec!["head", "rest"]),
        (quote!(&(a, &b)), vec!["a", "b"]),
        (quote!(Some(x)), vec!["x"]),
        (quote!(Json(Body { id, ref name, mut tags, .. })), vec!["id", "ref name", "mut tags"]),
        (quote!(Point { x: left, y: (a, b), z: _, w }), vec!["left", "a", "b", "w"]),
        (
            quote!(Point {
                #[cfg(feature = "x")]
                x,
                0: y
            }),
            vec!["x", "y"],
        ),
        (quote!(path::to::Kind::A(x) | path::to::Kind::B(x)), vec!["x"]),
        (quote!(Wrap::<T>(x)), vec!["x"]),
        (quote!(<T as Trait>::Wrap { x }), vec!["x"]),
        (quote!(whole @ Pair(a, _)), vec!["whole", "a"]),
        (quote!((LIMIT, NONE, x)), vec!["x"]),
        (quote!((self::limit, 1..=9, -1, "x", true)), vec![]),
        (quote!((pattern!(a, b), c)), vec!["c"]),
        (quote!((const { limit }, c)), vec!["c"]),
        (quote!(Wrap { 0: X @ 1.. }), vec!["X"]),
    ] {
        assert_eq!(names(&pattern), expected, "{pattern}");
    }
}

#[test]
fn a_name_that_is_the_whole_pattern_is_a_variable_even_in_capitals() {
    assert_eq!(names(&quote!(N)), ["N"]);
}

#[test]
fn the_mut_of_a_reference_does_not_make_the_variable_mutable() {
    assert_eq!(names(&quote!(&mut n)), ["n"]);
    assert_eq!(names(&quote!(&mut (a, mut b))), ["a", "mut b"]);
    assert_eq!(names(&quote!(&(mut n))), ["mut n"]);
}

#[test]
fn patterns_from_other_macros_are_seen_through() {
    let inner = invisible(quote!(mut x));
    assert_eq!(names(&inner), ["mut x"]);
    assert_eq!(names(&quote!((#inner, y))), ["mut x", "y"]);
}
