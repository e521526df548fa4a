//! And so does the upper.

use resilient::circuit_breaker;

#[retry]
#[circuit_breaker]
fn call() -> Option<u32> {
    None
}

fn main() {}
