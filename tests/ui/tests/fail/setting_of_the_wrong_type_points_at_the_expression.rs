//! The compiler reports type errors at the user's expressions.

use resilient::{circuit_breaker, retry};

const RETRIES: u64 = 3;

#[retry(max_retries = RETRIES)]
fn count() -> Option<u32> {
    None
}

#[retry(base_delay = 50 + 50)]
fn duration() -> Option<u32> {
    None
}

#[retry(backoff = "1s".to_owned())]
fn schedule() -> Option<u32> {
    None
}

#[retry(jitter = 20 / 100)]
fn proportion() -> Option<u32> {
    None
}

#[circuit_breaker(failure_threshold = RETRIES)]
fn threshold() -> Option<u32> {
    None
}

#[circuit_breaker(name = String::from("payments"))]
fn name() -> Option<u32> {
    None
}

fn main() {}
