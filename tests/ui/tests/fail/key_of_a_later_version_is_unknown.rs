//! Keys that the runtime does not have yet are unknown keys until it does, with no wrong guess beside them.

use resilient::{circuit_breaker, retry};

#[retry(budget = "all")]
fn budget() -> Option<u32> {
    None
}

#[retry(deadline = "1s")]
fn deadline() -> Option<u32> {
    None
}

#[retry(attempt_timeout = "1s")]
fn attempt_timeout() -> Option<u32> {
    None
}

#[retry(nested = allow)]
fn nested() -> Option<u32> {
    None
}

#[circuit_breaker(window = "60s")]
fn window() -> Option<u32> {
    None
}

#[circuit_breaker(min_calls = 10)]
fn min_calls() -> Option<u32> {
    None
}

#[circuit_breaker(failure_rate = 0.5)]
fn failure_rate() -> Option<u32> {
    None
}

#[circuit_breaker(slow_call = "1s")]
fn slow_call() -> Option<u32> {
    None
}

#[circuit_breaker(key = host)]
fn key(host: &str) -> Option<u32> {
    host.parse().ok()
}

fn main() {}
