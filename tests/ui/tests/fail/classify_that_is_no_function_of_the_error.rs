//! `classify` is a function that gets the error and returns a `Classification`.

use resilient::{CircuitOpen, Classification, circuit_breaker, retry};

#[derive(Debug)]
enum ApiError {
    Timeout,
    Open,
}

impl From<CircuitOpen> for ApiError {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

fn of_text(_: &String) -> Classification {
    Classification::transient()
}

#[retry(classify = of_text)]
async fn of_another_error() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

#[circuit_breaker(classify = |error| matches!(error, ApiError::Timeout))]
fn says_yes_or_no() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

#[retry(classify = ApiError::Timeout)]
fn given_a_pattern() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

#[retry(classify(of_text))]
fn given_a_list() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

#[retry(classifier = of_text)]
fn under_another_name() -> Result<u32, ApiError> {
    Err(ApiError::Timeout)
}

fn main() {}
