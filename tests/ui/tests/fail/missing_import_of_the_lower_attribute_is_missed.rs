//! In a stack, the lower attribute needs its own import.

use resilient::retry;

#[retry]
#[circuit_breaker]
fn call() -> Option<u32> {
    None
}

fn main() {}
