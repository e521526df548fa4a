//! With `errors = all`, the return type must hold the errors of all attempts.

use resilient::retry;

#[derive(Debug)]
struct ApiError;

#[retry(errors = all)]
async fn result() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[retry(errors = all)]
fn option() -> Option<u32> {
    None
}

fn main() {}
