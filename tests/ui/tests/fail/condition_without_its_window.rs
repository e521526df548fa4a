//! Rates and counts require a window, which has no default.

use resilient::circuit_breaker;

#[circuit_breaker(failure_rate = "50%")]
fn failure_rate() -> Option<u32> {
    None
}

#[circuit_breaker(failure_count = 10, failure_rate = 0.5)]
fn both() -> Option<u32> {
    None
}

#[circuit_breaker(slow_call = "2s", slow_call_rate = 0.5)]
fn slow_calls() -> Option<u32> {
    None
}

#[circuit_breaker(window_buckets = 6)]
fn buckets() -> Option<u32> {
    None
}

fn main() {}
