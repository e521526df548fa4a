//! For a misspelt key, the message suggests the nearest key.

use resilient::{circuit_breaker, retry};

#[retry(max_retry = 3)]
fn misspelt() -> Option<u32> {
    None
}

#[retry(retries = 3)]
fn shortened() -> Option<u32> {
    None
}

#[retry(maxRetries = 3)]
fn in_another_style() -> Option<u32> {
    None
}

#[circuit_breaker(failure_treshold = 3)]
fn misspelt_too() -> Option<u32> {
    None
}

#[circuit_breaker(threshold = 3)]
fn shortened_too() -> Option<u32> {
    None
}

fn main() {}
