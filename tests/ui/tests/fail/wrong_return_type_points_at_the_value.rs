//! A tail expression or `return` with the wrong type is reported at its value.

use resilient::{circuit_breaker, retry};

#[retry]
async fn tail() -> Result<u32, String> {
    Ok("three")
}

#[retry]
fn returned(early: bool) -> Result<u32, String> {
    if early {
        return Ok("three");
    }
    Ok(3)
}

#[circuit_breaker]
async fn unwrapped() -> Option<u32> {
    3
}

#[circuit_breaker]
fn nothing() -> Option<u32> {
    println!("no value");
}

fn main() {}
