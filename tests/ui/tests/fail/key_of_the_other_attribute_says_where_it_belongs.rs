//! A key of the other attribute is known there, and the message says so.

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
