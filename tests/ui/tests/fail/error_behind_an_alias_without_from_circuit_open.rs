//! If the return type is an alias, the message names the error that lacks `FromCircuitOpen`.

use resilient::circuit_breaker;

struct ApiError;

type ApiResult<T> = Result<T, ApiError>;

#[circuit_breaker]
async fn call() -> ApiResult<u32> {
    Err(ApiError)
}

fn main() {}
