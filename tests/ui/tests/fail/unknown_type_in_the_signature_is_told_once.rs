//! A type that is not there is missed once, although the expansion names it again.

use resilient::{circuit_breaker, retry};

#[retry]
#[circuit_breaker]
async fn call(order: Order) -> Result<u32, ApiError> {
    Ok(order.number)
}

fn main() {}
