//! Each of these keys needs another key: `slow_call`, `slow_call_rate`, `min_calls` and `max_keys`.

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
