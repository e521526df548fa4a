//! If a stack lacks both predicates, one error is reported for each missing key.

use resilient::{circuit_breaker, retry};

#[retry]
#[circuit_breaker]
async fn call() -> u32 {
    3
}

fn main() {}
