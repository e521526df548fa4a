//! If `?` cannot convert the error, the message points at the `?`.

use resilient::{circuit_breaker, retry};

#[derive(Debug)]
struct ApiError;

#[retry]
async fn in_an_async_function(text: &str) -> Result<u32, ApiError> {
    Ok(text.parse::<u32>()?)
}

#[retry]
fn in_a_plain_function(text: &str) -> Result<u32, ApiError> {
    Ok(text.parse::<u32>()?)
}

#[circuit_breaker]
fn of_a_result_in_an_option(text: &str) -> Option<u32> {
    Some(text.parse::<u32>()?)
}

fn main() {}
