//! A rate is a number above 0 and at most 1, or a percentage in quotes.

use resilient::circuit_breaker;

#[circuit_breaker(window = 100, failure_rate = 50)]
fn fifty() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_rate = 150)]
fn too_many() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_rate = "150%")]
fn too_many_percent() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_rate = "50")]
fn no_percent_sign() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_rate = "half")]
fn words() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, failure_rate = 0)]
fn always_open() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100, slow_call = "1s", slow_call_rate = -0.5)]
fn negative() -> Option<u32> {
    None
}

fn main() {}
