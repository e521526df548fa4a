//! The deadline covers all attempts, so it cannot be below the `#[timeout]` of each attempt.

use std::time::Duration;

use resilient::{circuit_breaker, retry, timeout};

#[retry(deadline = "1s")]
#[circuit_breaker]
#[timeout("60s")]
async fn below() -> Option<u32> {
    None
}

#[retry(deadline = "1s")]
#[timeout("1001ms")]
#[circuit_breaker(order = explicit)]
async fn between() -> Option<u32> {
    None
}

// These compile: the limits are equal, the time is for the whole loop, or one is an expression.
#[retry(deadline = "1s", attempt_timeout = "1s")]
#[timeout("1s")]
async fn equal() -> Option<u32> {
    None
}

#[timeout("60s")]
#[retry(deadline = "1s")]
async fn above() -> Option<u32> {
    None
}

#[retry(deadline = limit)]
#[timeout("60s")]
async fn expression(limit: Duration) -> Option<u32> {
    None
}

fn main() {}
