//! `slow_call` and `slow_call_rate` need each other, `min_calls` a rate, `max_keys` a key.

use resilient::circuit_breaker;

#[circuit_breaker(window = 100, slow_call = "2s")]
fn slow_call() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, slow_call_rate = "50%")]
fn slow_call_rate() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_count = 10, min_calls = 20)]
fn min_calls() -> Option<u32> {
    None
}

#[circuit_breaker(max_keys = 500)]
fn max_keys() -> Option<u32> {
    None
}

fn main() {}
