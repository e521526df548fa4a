//! Type errors of hooks and predicates are reported at the hook.

use std::time::Duration;

use resilient::retries::RetryEvent;
use resilient::{circuit_breaker, retry};

fn no_arguments() {}

fn of_another_error(_: &RetryEvent<'_, Result<u32, u8>>) {}

#[retry(on_retry = no_arguments)]
fn on_retry() -> Result<u32, String> {
    Ok(1)
}

#[retry(on_retry = of_another_error)]
fn of_another_output() -> Result<u32, String> {
    Ok(1)
}

#[retry(on_give_up = "log")]
fn on_give_up() -> Result<u32, String> {
    Ok(1)
}

#[retry(retry_if = |error| error.len())]
fn retry_if() -> Result<u32, String> {
    Ok(1)
}

#[retry(retry_when = |a, b| true)]
fn retry_when() -> Result<u32, String> {
    Ok(1)
}

#[retry(retry_after = |_| Duration::ZERO)]
fn retry_after() -> Result<u32, String> {
    Ok(1)
}

#[circuit_breaker(failure_if = |error: &u32| true, on_open = |_| Ok(1))]
fn failure_if() -> Result<u32, String> {
    Ok(1)
}

#[circuit_breaker(on_open = |open| open)]
fn on_open() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
