//! A return type that is neither `Result` nor `Option` needs a predicate.

use resilient::retry;

#[retry]
async fn in_an_async_function() -> u32 {
    3
}

#[retry]
fn in_a_plain_function() -> u32 {
    3
}

#[retry]
fn without_a_return_type() {}

fn main() {}
