//! A time limit is a duration or an `Option` of a duration.

use resilient::{retry, timeout};

#[timeout(2 + 3)]
async fn number() -> Option<u32> {
    None
}

#[retry(deadline = limit)]
async fn text(limit: &str) -> Option<u32> {
    drop(limit.to_owned());
    None
}

#[retry]
#[timeout(limit.len())]
async fn length(limit: String) -> Option<u32> {
    drop(limit);
    None
}

#[retry(attempt_timeout = missing)]
async fn missing_variable() -> Option<u32> {
    None
}

fn main() {}
