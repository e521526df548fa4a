//! A factor must be at least one, because delays and recovery times grow by it.

use resilient::{circuit_breaker, retry};

#[retry(backoff_factor = 0.5)]
fn backoff() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_factor = 0)]
fn recovery() -> Option<u32> {
    None
}

#[retry(backoff_factor = "2")]
fn text() -> Option<u32> {
    None
}

fn main() {}
