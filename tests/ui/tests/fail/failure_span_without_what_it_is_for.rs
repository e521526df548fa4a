//! `failure_span` is a duration with a unit. It applies to consecutive failures, not to a rate.

use resilient::circuit_breaker;

#[circuit_breaker(window = 100, failure_rate = 0.5, failure_span = "3s")]
fn beside_a_rate() -> Option<u32> {
    None
}

#[circuit_breaker(failure_span = 3)]
fn without_a_unit() -> Option<u32> {
    None
}

fn main() {}
