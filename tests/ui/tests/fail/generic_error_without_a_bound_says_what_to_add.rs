//! If the error is a type parameter, the message says which bound to add.

use resilient::circuit_breaker;

#[circuit_breaker]
fn call<E>(error: E) -> Result<u32, E> {
    Err(error)
}

fn main() {}
