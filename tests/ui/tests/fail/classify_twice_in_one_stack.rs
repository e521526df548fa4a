//! One function classifies for both attributes of a stack. Two different ones are an error at the
//! second, which names the first.

use resilient::{CircuitOpen, Classification, circuit_breaker, retry, timeout};

#[derive(Debug)]
struct ApiError;

impl From<CircuitOpen> for ApiError {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<resilient::TimedOut> for ApiError {
    fn from(_: resilient::TimedOut) -> Self {
        Self
    }
}

mod classes {
    use super::{ApiError, Classification};

    pub fn one(_: &ApiError) -> Classification {
        Classification::transient()
    }

    pub fn other(_: &ApiError) -> Classification {
        Classification::ignored()
    }
}

#[retry(classify = classes::one)]
#[circuit_breaker(classify = classes::other)]
async fn in_the_usual_order() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[circuit_breaker(order = explicit, classify = |_| Classification::ignored())]
#[timeout("1s")]
#[retry(classify = classes::one)]
async fn in_the_other_order() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[retry(classify = classes::one, classify = classes::other)]
async fn in_one_attribute() -> Result<u32, ApiError> {
    Err(ApiError)
}

fn main() {}
