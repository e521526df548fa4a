//! With `errors = all` the function returns the errors of all attempts in one type.

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
