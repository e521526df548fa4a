//! The deadline covers all attempts, so it cannot be below `attempt_timeout`.

use resilient::retry;

#[retry(deadline = "1s", attempt_timeout = "2s")]
async fn call() -> Option<u32> {
    None
}

#[retry(attempt_timeout = "0s")]
async fn zero() -> Option<u32> {
    None
}

#[retry(deadline = 10)]
async fn no_unit() -> Option<u32> {
    None
}

fn main() {}
