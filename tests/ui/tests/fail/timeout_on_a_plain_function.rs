//! A plain function cannot be stopped from outside, so a timeout on it is an error.

use resilient::{circuit_breaker, retry, timeout};

#[timeout("2s")]
fn alone() -> Option<u32> {
    None
}

#[retry(deadline = "10s", attempt_timeout = "1s")]
fn limits() -> Option<u32> {
    None
}

#[timeout("10s")]
#[retry(attempt_timeout = "1s")]
#[circuit_breaker]
fn in_a_stack() -> Option<u32> {
    None
}

fn main() {}
