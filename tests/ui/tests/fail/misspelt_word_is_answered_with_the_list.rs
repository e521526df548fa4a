//! If a value that must be a word is misspelt, in quotes or unknown, the message lists the words.

use resilient::{circuit_breaker, retry};

#[retry(backoff = exponentail)]
fn backoff() -> Option<u32> {
    None
}

#[retry(backoff = "linear")]
fn quoted() -> Option<u32> {
    None
}

#[retry(jitter = ful)]
fn jitter() -> Option<u32> {
    None
}

#[retry(jitter = "full")]
fn quoted_jitter() -> Option<u32> {
    None
}

#[retry(when_open = retry)]
fn when_open() -> Option<u32> {
    None
}

#[circuit_breaker(abandoned = fail)]
fn abandoned() -> Option<u32> {
    None
}

fn main() {}
