//! A call that exceeds its time limit needs an error to return.

use resilient::{CircuitOpen, circuit_breaker, retry, timeout};

#[derive(Debug)]
struct ApiError;

impl From<CircuitOpen> for ApiError {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

#[timeout("2s")]
async fn alone() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[retry(deadline = "10s")]
#[circuit_breaker]
async fn in_a_stack() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[timeout("2s")]
async fn of_another_crate() -> Result<u32, std::num::ParseIntError> {
    Ok(1)
}

#[timeout("2s")]
async fn neither_result_nor_option() -> u32 {
    1
}

fn main() {}
