//! A value that is not a count, or a count that is too large, is an error.

use resilient::{circuit_breaker, retry};

#[retry(max_retries = "3")]
fn text() -> Option<u32> {
    None
}

#[retry(max_retries = "many")]
fn word() -> Option<u32> {
    None
}

#[retry(max_retries = 1.5)]
fn fraction() -> Option<u32> {
    None
}

#[retry(max_retries = -1)]
fn negative() -> Option<u32> {
    None
}

#[retry(max_retries = 3u64)]
fn suffix() -> Option<u32> {
    None
}

#[retry(max_retries = 4_294_967_296)]
fn large() -> Option<u32> {
    None
}

#[circuit_breaker(half_open_max_calls = 1025, half_open_successes = 2000)]
fn beyond_the_bound() -> Option<u32> {
    None
}

fn main() {}
