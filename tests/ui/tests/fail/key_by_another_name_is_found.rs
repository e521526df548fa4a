//! If the user writes the name of a key in another library, the message suggests our key.

use resilient::{circuit_breaker, fallback, retry};

#[retry(attempts = 3, wait_exponential = 2, min_delay = "1s", retry_on = (), timeout = "1s")]
async fn of_a_retry() -> Option<u32> {
    None
}

#[circuit_breaker(failures = 3, resetTimeout = "30s", window_size = 9, success_threshold = 2)]
fn of_a_breaker() -> Option<u32> {
    None
}

#[circuit_breaker(timeout = "30s", on = ())]
fn of_others() -> Option<u32> {
    None
}

#[fallback(default = 1)]
fn of_a_fallback() -> Option<u32> {
    None
}

fn main() {}
