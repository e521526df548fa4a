//! Lints apply to expressions in an attribute.
#![deny(unused_variables, unused_must_use, deprecated, unused_parens)]

use resilient::{circuit_breaker, retry};

#[deprecated]
fn old(_: &String) -> bool {
    true
}

fn fallible() -> Result<u32, String> {
    Ok(1)
}

#[retry(retry_if = |error| true, on_retry = |_| { fallible(); }, max_retries = (3 + 1))]
fn call() -> Result<u32, String> {
    Ok(1)
}

#[circuit_breaker(failure_if = old, on_open = |open| Ok(1))]
async fn another() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
