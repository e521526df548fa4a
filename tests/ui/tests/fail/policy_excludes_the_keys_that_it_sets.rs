//! With `policy`, the keys that the policy sets are errors. Other keys are allowed.

use resilient::{RetryPolicy, retry};

#[retry(policy = RetryPolicy::DEFAULT, max_retries = 3)]
fn call() -> Option<u32> {
    None
}

#[retry(jitter = none, on_retry = |_| {}, base_delay = "1s", policy = RetryPolicy::DEFAULT)]
fn another() -> Option<u32> {
    None
}

fn main() {}
