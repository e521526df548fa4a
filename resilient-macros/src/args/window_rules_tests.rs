//! Tests which windows and conditions may be set together, and the errors about other combinations.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::BreakerArgs;

fn accepted(tokens: TokenStream) {
    let shown = tokens.to_string();
    BreakerArgs::parse(tokens).unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()));
}

fn only(tokens: TokenStream) -> String {
    let shown = tokens.to_string();
    let messages = BreakerArgs::parse(tokens).expect_err(&shown).messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.concat()
}

#[test]
fn conditions_over_a_window_need_a_window() {
    for condition in [
        quote!(failure_rate = 0.5),
        quote!(failure_count = 3),
        quote!(failure_rate = 0.5, min_calls = 3),
        quote!(slow_call = "1s", slow_call_rate = 0.5),
    ] {
        let said = only(condition.clone());
        assert!(said.contains("is taken over a window"), "{said}");
        accepted(quote!(window = 100, #condition));
        accepted(quote!(#condition, window = "60s"));
        accepted(quote!(#condition, window = WINDOW));
    }
    assert!(
        only(quote!(window_buckets = 3)).starts_with("`window_buckets` divides a window in time")
    );
    accepted(quote!(window = 5));
}

#[test]
fn min_calls_needs_a_rate() {
    let message = "`min_calls` is for rates only";
    assert!(only(quote!(min_calls = 3)).starts_with(message));
    assert!(only(quote!(window = 10, min_calls = 3)).starts_with(message));
    assert!(only(quote!(window = 10, failure_count = 3, min_calls = 3)).starts_with(message));
    accepted(quote!(window = 10, min_calls = 3, slow_call = T, slow_call_rate = R));
}

#[test]
fn slow_calls_need_both_the_time_and_the_rate() {
    assert!(only(quote!(window = 10, slow_call = "1s")).starts_with("`slow_call` alone"));
    assert!(only(quote!(slow_call = "1s")).starts_with("`slow_call` alone"));
    assert!(
        only(quote!(window = 10, slow_call_rate = 0.5))
            .starts_with("`slow_call_rate` does not say what is slow")
    );
}

#[test]
fn only_a_window_in_time_has_buckets() {
    let said = "`window_buckets` divides a window in time, and `window` is 10 calls";
    assert!(only(quote!(window = 10, window_buckets = 3)).starts_with(said));
    assert!(only(quote!(window_buckets = n(), window = 10)).starts_with(said));
}

#[test]
fn min_calls_and_failure_count_cannot_exceed_the_window() {
    assert_eq!(
        only(quote!(window = 10, failure_count = 11)),
        "`failure_count` is 11 and `window` is 10 calls: a window of 10 never holds as many, so \
         at most 10"
    );
    assert!(
        only(quote!(min_calls = 11, failure_rate = 0.5, window = 10))
            .starts_with("`min_calls` is 11 and `window` is 10 calls")
    );
    accepted(quote!(window = 10, failure_count = 10, failure_rate = 0.5, min_calls = 10));
    accepted(quote!(window = "1s", failure_count = 11));
    accepted(quote!(window = calls(), failure_count = 11));
    accepted(quote!(window = 10, failure_count = many()));
}
