//! An unknown type is reported once, although the expansion repeats it.

use resilient::{circuit_breaker, retry};

#[retry]
#[circuit_breaker]
async fn call(order: Order) -> Result<u32, ApiError> {
    Ok(order.number)
}

fn main() {}
