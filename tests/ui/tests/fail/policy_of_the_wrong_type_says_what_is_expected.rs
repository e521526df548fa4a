//! `policy` takes a `RetryPolicy`.

use resilient::{RetryPolicy, retry};

#[retry(policy = 3)]
fn number() -> Option<u32> {
    None
}

#[retry(policy = RetryPolicy::builder())]
async fn not_built() -> Option<u32> {
    None
}

#[retry(policy = RetryPolicy::builder().build())]
async fn built_but_not_unwrapped() -> Option<u32> {
    None
}

fn main() {}
