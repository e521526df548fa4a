//! Tests how the arguments of `#[fallback]` are read, and which errors they cause.

use super::*;
use crate::fuzz_tokens::FuzzTokens;
use quote::quote;

fn accepted(tokens: TokenStream) -> FallbackArgs {
    let shown = tokens.to_string();
    FallbackArgs::parse(tokens).unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()))
}

fn refused(tokens: TokenStream) -> Vec<String> {
    let shown = tokens.to_string();
    FallbackArgs::parse(tokens).expect_err(&shown).messages()
}

#[test]
fn every_key_is_read_into_its_field() {
    let args = accepted(quote! {
        with = |error, _| other(error), on = E::A | E::B { .. }, except = E::C(_),
        order = explicit, crate = ::rt,
        __outer(retry { a = 1 })
    });
    let FallbackReplacement::With(with, _) = &args.replacement else {
        panic!("{:?}", args.replacement);
    };
    assert_eq!(with.to_string(), quote!(|error, _| other(error)).to_string());
    assert_eq!(args.on.map(|on| on.to_string()), Some(quote!(E::A | E::B { .. }).to_string()));
    assert_eq!(args.except.map(|except| except.to_string()), Some(quote!(E::C(_)).to_string()));
    assert!(args.order_is_explicit && args.common.krate.is_some() && args.common.outer.len() == 1);
    let args = accepted(quote!(value = Vec::<u8>::new()));
    assert!(matches!(args.replacement, FallbackReplacement::Value(_)));
    assert!(args.on.is_none() && !args.order_is_explicit);
}

#[test]
fn exactly_one_of_value_and_with_is_given() {
    let needs = "`#[fallback]` needs what takes the place of a failure: write `value = …`, or \
        `with = |error| …`";
    assert_eq!(refused(quote!()), [needs]);
    assert_eq!(refused(quote!(on = E::A)), [needs]);
    assert_eq!(
        refused(quote!(value = 1, with = |_| Ok(1))),
        ["`with` excludes `value`: one of them makes the output, so give one"]
    );
    assert_eq!(
        refused(quote!(with = |_| Ok(1), value = 1)),
        ["`value` excludes `with`: one of them makes the output, so give one"]
    );
}

#[test]
fn the_error_about_a_value_in_place_of_a_closure_names_the_key_for_values() {
    assert_eq!(
        refused(quote!(with = 0)),
        ["`with` is a closure or a path, which is given the error: for a value, write `value = 0`"]
    );
}

#[test]
fn the_order_is_explicit_or_not_given() {
    assert_eq!(
        refused(quote!(value = 1, order = explict)),
        ["`order = explict` is unknown: one of `explicit`; did you mean `explicit`?"]
    );
}

#[test]
fn the_error_about_a_misspelt_key_names_the_nearest_key() {
    assert_eq!(refused(quote!(valeu = 1)), ["unknown key `valeu`: did you mean `value`?"]);
    assert_eq!(
        refused(quote!(value = 1, retry_if = f)),
        ["unknown key `retry_if`: it belongs to `#[retry]`"]
    );
    assert_eq!(
        refused(quote!(value = 1, max_retrys = 1)),
        ["unknown key `max_retrys`: did you mean `max_retries`, which belongs to `#[retry]`?"]
    );
    assert_eq!(
        refused(quote!(value = 1, colour = 1)),
        ["unknown key `colour`: `#[fallback]` has `value`, `with`, `on`, `except`, `order`, \
             `crate`"]
    );
}

#[test]
fn random_tokens_cause_no_panic() {
    let mut words: Vec<&str> = FALLBACK.names();
    words.extend(["explicit", "__outer", "retry", "async", "move"]);
    let mut fuzz = FuzzTokens::new(0xfa11, &words);
    let mut wrong = 0;
    for _ in 0..3_000 {
        if let Err(found) = FallbackArgs::parse(fuzz.stream(3)) {
            wrong += 1;
            assert!(!found.is_empty());
        }
    }
    assert!(wrong > 1_000);
}

#[test]
fn a_predicate_belongs_in_a_guard() {
    for given in [quote!(on = |e| e.is_new()), quote!(on = is_new)] {
        assert_eq!(
            refused(quote!(value = 1, #given)),
            ["`on` is a pattern of the error: for a predicate, write a guard, as in `on = error \
              if error.is_fatal()`"]
        );
    }
}
