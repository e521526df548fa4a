//! The expansion contains no `unsafe`, and no `allow` that a `forbid` would reject.
#![forbid(unsafe_code, unused, warnings, nonstandard_style, missing_docs, clippy::all)]
#![deny(clippy::pedantic)]
#![allow(clippy::needless_pass_by_value, reason = "each attempt gets a clone of the argument")]

use resilient::{circuit_breaker, retry};

#[retry(base_delay = "0s")]
#[circuit_breaker]
fn call(text: String) -> Option<String> {
    Some(text)
}

#[circuit_breaker(key = text, window = 10, failure_rate = 0.5, order = explicit)]
#[retry]
async fn later(mut text: String) -> Option<String> {
    text.push('!');
    Some(text)
}

// `#[tokio::test]` would generate an `allow`.
#[test]
fn runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(calls());
}

async fn calls() {
    assert_eq!(call("a".to_owned()).as_deref(), Some("a"));
    assert_eq!(later("a".to_owned()).await.as_deref(), Some("a!"));
}
