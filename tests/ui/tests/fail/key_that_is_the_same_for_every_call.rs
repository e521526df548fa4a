//! A literal key gives every call the same breaker.

use resilient::circuit_breaker;

#[circuit_breaker(key = "host")]
fn argument_in_quotes(host: &str) -> Option<u32> {
    host.parse().ok()
}

#[circuit_breaker(key = "eu-west-1")]
fn text() -> Option<u32> {
    None
}

#[circuit_breaker(key = 1)]
fn number() -> Option<u32> {
    None
}

fn main() {}
