//! With `errors = all`, an argument error causes no second error about the type of the body.

use resilient::{CircuitOpen, RetryError, circuit_breaker, retry};

#[derive(Debug)]
struct ApiError;

impl From<CircuitOpen> for ApiError {
    fn from(_: CircuitOpen) -> Self {
        ApiError
    }
}

#[retry(errors = all, max_retry = 3)]
fn alone() -> Result<u32, RetryError<ApiError>> {
    Err(ApiError)
}

#[retry(errors=all)]
#[circuit_breaker(nme = "below")]
async fn below() -> Result<u32, RetryError<ApiError>> {
    Err(ApiError)
}

#[retry(errors = al)]
fn misspelt() -> Result<u32, RetryError<ApiError>> {
    Err(ApiError)
}

struct Client;

#[async_trait::async_trait]
trait Load {
    async fn load(&self) -> Result<u32, RetryError<ApiError>>;
}

#[async_trait::async_trait]
impl Load for Client {
    #[retry(errors = all, attempts = 3)]
    async fn load(&self) -> Result<u32, RetryError<ApiError>> {
        Err(ApiError)
    }
}

fn main() {
    let _ = (alone(), below(), misspelt(), Client.load());
}
