//! `half_open_max_calls` cannot exceed the number of results that decide a half-open circuit.

use resilient::circuit_breaker;

#[circuit_breaker(half_open_max_calls = 2)]
fn alone() -> Option<u32> {
    None
}

#[circuit_breaker(
    half_open_max_calls = 5,
    half_open_successes = 2,
    half_open_failures = 2
)]
fn all() -> Option<u32> {
    None
}

fn main() {}
