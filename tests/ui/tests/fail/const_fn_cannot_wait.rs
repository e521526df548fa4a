//! A `const fn` can neither sleep nor have state, so the attributes reject it.

use resilient::{circuit_breaker, retry};

#[retry]
const fn call() -> Option<u32> {
    None
}

#[circuit_breaker]
pub const fn another() -> Option<u32> {
    None
}

fn main() {}
