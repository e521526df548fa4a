//! For an unknown key that resembles no known key, the message lists all keys.

use resilient::{circuit_breaker, retry};

#[retry(colour = "red")]
fn call() -> Option<u32> {
    None
}

#[circuit_breaker(colour = "red")]
fn another() -> Option<u32> {
    None
}

fn main() {}
