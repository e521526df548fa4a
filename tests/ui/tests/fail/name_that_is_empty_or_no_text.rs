//! A breaker's name is text that is not empty.

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
