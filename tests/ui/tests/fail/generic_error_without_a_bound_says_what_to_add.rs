//! The same where the error is a parameter.

use resilient::circuit_breaker;

#[circuit_breaker]
fn call<E>(error: E) -> Result<u32, E> {
    Err(error)
}

fn main() {}
