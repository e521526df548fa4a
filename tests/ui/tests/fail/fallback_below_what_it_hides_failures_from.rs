//! Attributes above a fallback do not see the failures that the fallback replaces.

use resilient::{circuit_breaker, fallback, retry, timeout};

#[retry]
#[fallback(value = 1)]
fn below_a_retry() -> Option<u32> {
    None
}

#[circuit_breaker]
#[timeout("1s")]
#[fallback(value = 1)]
async fn below_a_breaker() -> Option<u32> {
    None
}

#[retry]
#[fallback(value = 1)]
#[circuit_breaker]
fn between() -> Option<u32> {
    None
}

fn main() {}
