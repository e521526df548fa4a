//! If a key belongs to another attribute, the message names that attribute.

use resilient::{circuit_breaker, retry};

#[retry(failure_threshold = 3)]
fn call() -> Option<u32> {
    None
}

#[circuit_breaker(max_retries = 3, clone(a))]
fn another(a: u32) -> Option<u32> {
    Some(a)
}

fn main() {}
