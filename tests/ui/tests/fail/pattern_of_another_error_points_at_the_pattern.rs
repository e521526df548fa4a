//! `on`, `except`, `failure` and `ignore` take patterns of the error.

use resilient::{circuit_breaker, retry};

enum ApiError {
    Timeout,
}

#[retry(on = ApiError::TimeOut)]
fn misspelt() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

#[retry(except = "timeout")]
fn of_another_type() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

#[circuit_breaker(failure = Err(_), on_open = |_| Ok(1))]
fn of_the_output() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

fn main() {}
