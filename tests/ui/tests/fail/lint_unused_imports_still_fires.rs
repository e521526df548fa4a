//! The import of an attribute counts as used. The lint fires for an unused import.
#![deny(unused_imports)]

use resilient::{RetryPolicy, circuit_breaker, retry};

#[retry]
fn call() -> Option<u32> {
    None
}

fn main() {}
