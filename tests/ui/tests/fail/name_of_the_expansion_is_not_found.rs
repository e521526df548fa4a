//! Expressions and the body cannot use names of the expansion.

use resilient::{circuit_breaker, retry};

#[retry(max_retries = tries)]
fn missing() -> Option<u32> {
    None
}

#[retry(retry_if = |_| __class.retry)]
fn of_the_expansion() -> Result<u32, String> {
    Ok(1)
}

#[circuit_breaker(on_open = |_| Some(__permit))]
fn of_the_expansion_too() -> Option<u32> {
    None
}

#[retry]
fn in_the_body() -> Option<u32> {
    drop(__policy);
    drop(__output);
    None
}

fn main() {}
