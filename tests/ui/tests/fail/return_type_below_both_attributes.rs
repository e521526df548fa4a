//! A stack with neither predicate: one error for each thing that is missing.

use resilient::{circuit_breaker, retry};

#[retry]
#[circuit_breaker]
async fn call() -> u32 {
    3
}

fn main() {}
