//! For a misspelt key, the message also suggests keys of other attributes.

use resilient::{circuit_breaker, fallback, retry};

#[retry(failure_treshold = 3)]
fn of_the_breaker() -> Option<u32> {
    None
}

#[circuit_breaker(max_retrys = 3)]
fn of_the_retry() -> Option<u32> {
    None
}

#[fallback(value = 1, except_ = ())]
fn of_its_own() -> Option<u32> {
    None
}

#[circuit_breaker(on = ())]
fn of_two() -> Option<u32> {
    None
}

#[retry(dedline = "1s", attempt_timout = "1s")]
async fn limits() -> Option<u32> {
    None
}

fn main() {}
