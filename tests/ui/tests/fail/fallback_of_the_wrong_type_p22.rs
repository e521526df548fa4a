//! A fallback must return the function's types.

use resilient::fallback;

#[derive(Debug)]
struct ApiError;

#[fallback(value = "one")]
fn value() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[fallback(with = |error: String| Ok(error.len() as u32))]
fn argument() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[fallback(with = || Ok(1))]
fn no_argument() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[fallback(with = |_| 1)]
fn output() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[fallback(with = |_| 1)]
async fn output_of_an_async_function() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[fallback(with = later)]
async fn output_of_a_path() -> Result<u32, ApiError> {
    Err(ApiError)
}

async fn later(_: ApiError) -> u32 {
    1
}

#[fallback(with = |_| later(ApiError))]
async fn future_that_is_not_awaited() -> Result<u32, ApiError> {
    Err(ApiError)
}

#[fallback(value = 1)]
fn neither_result_nor_option() -> u32 {
    1
}

#[fallback(value = 1, on = ApiError::Missing)]
fn pattern() -> Result<u32, ApiError> {
    Err(ApiError)
}

fn main() {}
