//! A breaker's name says what is called.

use resilient::circuit_breaker;

#[circuit_breaker(name = "")]
fn empty() -> Option<u32> {
    None
}

#[circuit_breaker(name = 3)]
fn number() -> Option<u32> {
    None
}

fn main() {}
