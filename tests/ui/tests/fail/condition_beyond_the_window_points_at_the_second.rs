//! A window of calls limits `min_calls` and `failure_count`, and cannot have buckets.

use resilient::circuit_breaker;

#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls = 101)]
fn min_calls() -> Option<u32> {
    None
}

#[circuit_breaker(failure_count = 20, window = 10)]
fn failure_count() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, window_buckets = 10)]
fn buckets() -> Option<u32> {
    None
}

fn main() {}
