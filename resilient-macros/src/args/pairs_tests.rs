//! Tests that arguments are split into pairs, and that a malformed pair is reported while all other
//! pairs are read.

use super::*;
use crate::fuzz_tokens::invisible;
use quote::quote;

fn read(tokens: TokenStream) -> (Vec<(String, String)>, Vec<String>) {
    let mut errors = CompileErrors::default();
    let shown = |pair: Pair| match pair.form {
        Form::Value(value) => (pair.name, value.to_string()),
        Form::List(inside) => (pair.name, format!("({inside})")),
    };
    let pairs = split(tokens, AttributeKind::Retry, &mut errors).into_iter().map(shown).collect();
    (pairs, errors.messages())
}

fn pairs(tokens: TokenStream) -> Vec<(String, String)> {
    let (pairs, errors) = read(tokens);
    assert_eq!(errors, Vec::<String>::new());
    pairs
}

fn expected(list: &[(&str, &TokenStream)]) -> Vec<(String, String)> {
    list.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect()
}

#[test]
fn pairs_and_lists_come_in_any_order_with_a_trailing_comma() {
    assert_eq!(pairs(quote!()), []);
    let read = pairs(quote!(a = 1, borrow(x, y), crate = ::rt, r#type = T,));
    assert_eq!(
        read,
        expected(&[
            ("a", &quote!(1)),
            ("borrow", &quote!((x, y))),
            ("crate", &quote!(::rt)),
            ("type", &quote!(T))
        ])
    );
}

#[test]
fn closure_heads_and_generic_arguments_are_part_of_one_value() {
    for value in [
        quote!(|a, b| f(a, b)),
        quote!(move |a, b| f(a, b)),
        quote!(async move |a: &A, b: HashMap<K, V>| f(a, b)),
        quote!(&|a, b| a < b),
        quote!(|a: &dyn Iterator<A, Item = B>, b| a),
        quote!(|| f()),
        quote!(|e| -> Result<A, B> { g(e) }),
        quote!(f::<A, B>),
        quote!(<A as Into<B, C>>::into),
        quote!(A | B { .. } | C(_, _)),
        quote!(x || y),
        quote!(|e| e.a || e.b),
        quote!(|e| e.n == 3 || e.n >= 5 && e.n < 9),
        quote!(|e| count = e),
    ] {
        let read = pairs(quote!(key = #value, next = 2));
        assert_eq!(read, expected(&[("key", &value), ("next", &quote!(2))]), "{value}");
    }
}

#[test]
fn a_pattern_may_begin_with_a_bar() {
    let read = pairs(quote!(on = |A| B, except = C));
    assert_eq!(read, expected(&[("on", &quote!(|A| B)), ("except", &quote!(C))]));
    let read = pairs(quote!(on = | A, retry_if = |e| e.ok, x = 1));
    assert_eq!(read.len(), 3, "{read:?}");
}

#[test]
fn keys_in_invisible_groups_are_seen_and_values_are_left_as_they_are() {
    let key = invisible(quote!(key = 1));
    let value = invisible(quote!(2));
    assert_eq!(pairs(quote!(#key, other = #value)).len(), 2);
}

#[test]
fn each_malformed_pair_is_reported_and_the_rest_is_still_read() {
    let (pairs, errors) = read(quote!(a, b =, c: 3, d == 4, 5, "x", = 6, e = 7 8, , f = 9));
    assert_eq!(pairs, expected(&[("f", &quote!(9))]));
    assert_eq!(
        errors,
        [
            "`a` has no value: write `a = …`",
            "`b` has no value: write `b = …`",
            "expected `=` after `c`, and `:` follows: write `c = …`",
            "a single `=` stands between a key and its value: write `d = …`",
            "every value has its key: write `max_retries = 5`",
            "expected `key = value`, and `\"x\"` is no key",
            "expected `key = value`, and `=` is no key",
            "expected `,` after the value of `e`, and `8` follows",
            "expected `key = value` before this `,`",
        ]
    );
}

#[test]
fn a_word_without_its_key_is_reported_with_the_key() {
    let (_, errors) = read(quote!(exponential, full, wait, none));
    assert_eq!(
        errors,
        [
            "every value has its key: write `backoff = exponential`",
            "every value has its key: write `jitter = full`",
            "every value has its key: write `when_open = wait`",
            "every value has its key: write `jitter = none`",
        ]
    );
}

#[test]
fn a_missing_comma_and_a_semicolon_are_seen_and_both_pairs_are_read() {
    let (pairs, errors) = read(quote!(a = 1 b = f(x) c = A { .. } borrow(x) d = y; e = 1));
    assert_eq!(pairs.len(), 6, "{pairs:?}");
    assert_eq!(
        errors,
        [
            "missing `,` before `b`",
            "missing `,` before `c`",
            "missing `,` before `borrow`",
            "missing `,` before `d`",
            "arguments are separated by `,`, not by `;`",
        ]
    );
}

#[test]
fn a_list_is_followed_by_a_comma() {
    let (pairs, errors) = read(quote!(borrow(a) + 3, clone(b)));
    assert_eq!(pairs.len(), 2);
    assert_eq!(errors, ["expected `,` after `borrow(…)`, and `+` follows"]);
}
