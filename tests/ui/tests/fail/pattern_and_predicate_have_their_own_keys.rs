//! For a pattern in a key for predicates, the message names the key for patterns; or the reverse.

use resilient::{circuit_breaker, fallback, retry};

enum ApiError {
    Busy,
    Code(u16),
}

#[retry(retry_if = ApiError::Busy)]
fn variant() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

#[retry(retry_if = ApiError::Code(code) if *code > 499)]
fn guarded() -> Result<u32, ApiError> {
    Err(ApiError::Code(500))
}

#[circuit_breaker(failure_if = 500..=599, ignore_if = "gone", on_open = Ok(1))]
fn of_a_breaker() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

#[retry(retry_when = Err(ApiError::Busy))]
fn output() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

#[retry(on = |error| error.is_busy(), except = is_busy)]
fn closure() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

#[circuit_breaker(failure = ApiError::is_busy)]
fn method() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

#[fallback(value = 1, on = |error| error.is_busy())]
fn replaced() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

#[retry(retry_after = "5s")]
fn hint() -> Result<u32, ApiError> {
    Err(ApiError::Busy)
}

fn main() {}
