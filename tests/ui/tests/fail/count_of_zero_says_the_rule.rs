//! If a count of zero is invalid, the message says why.

use resilient::{circuit_breaker, retry};

#[circuit_breaker(failure_threshold = 0)]
fn failure_threshold() -> Option<u32> {
    None
}

#[circuit_breaker(half_open_max_calls = 0)]
fn half_open_max_calls() -> Option<u32> {
    None
}

#[circuit_breaker(half_open_successes = 0)]
fn half_open_successes() -> Option<u32> {
    None
}

#[retry(max_attempts = 0)]
fn max_attempts() -> Option<u32> {
    None
}

fn main() {}
