//! `crate` takes a path.

use resilient::{circuit_breaker, retry};

#[retry(crate = "resilient")]
fn text() -> Option<u32> {
    None
}

#[circuit_breaker(crate = 3)]
fn number() -> Option<u32> {
    None
}

fn main() {}
