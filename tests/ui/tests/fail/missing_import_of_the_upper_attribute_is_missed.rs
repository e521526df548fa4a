//! In a stack, the upper attribute needs its own import.

use resilient::circuit_breaker;

#[retry]
#[circuit_breaker]
fn call() -> Option<u32> {
    None
}

fn main() {}
