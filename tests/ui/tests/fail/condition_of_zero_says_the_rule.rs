//! Conditions over a window require at least one call, or a time above zero.

use resilient::circuit_breaker;

#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls = 0)]
fn min_calls() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_count = 0)]
fn failure_count() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, slow_call = "0ms", slow_call_rate = 0.5)]
fn slow_call() -> Option<u32> {
    None
}

fn main() {}
