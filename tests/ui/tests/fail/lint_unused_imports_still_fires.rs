//! An import of an attribute is used by the attribute; one that nobody uses is not.
#![deny(unused_imports)]

use resilient::{RetryPolicy, circuit_breaker, retry};

#[retry]
fn call() -> Option<u32> {
    None
}

fn main() {}
