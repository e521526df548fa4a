//! For a time or a percentage without quotes, the message shows the value in quotes.

use resilient::{circuit_breaker, retry, timeout};

#[timeout(5s)]
async fn time() -> Option<u32> {
    None
}

#[timeout(1.5 s)]
async fn apart() -> Option<u32> {
    None
}

#[retry(base_delay = 100ms, deadline = 1m30s, jitter = 20%)]
async fn of_a_retry() -> Option<u32> {
    None
}

#[circuit_breaker(window = 60s, failure_rate = 50%, min_calls = 20, recovery_time = 5 s)]
fn of_a_breaker() -> Option<u32> {
    None
}

fn main() {}
