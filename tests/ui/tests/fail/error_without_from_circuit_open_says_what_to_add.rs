//! A rejected call needs an error to return. The message says which trait to implement.

use resilient::{circuit_breaker, retry};

#[derive(Debug)]
struct ApiError;

#[circuit_breaker]
async fn in_an_async_function() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[circuit_breaker]
fn in_a_plain_function() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[retry]
#[circuit_breaker]
async fn in_a_stack() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[circuit_breaker]
fn of_another_crate() -> Result<u32, std::num::ParseIntError> {
    Ok(1)
}

fn main() {}
