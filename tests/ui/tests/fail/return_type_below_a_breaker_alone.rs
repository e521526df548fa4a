//! If the function has no retry, the message names no key of a retry.

use resilient::circuit_breaker;

#[circuit_breaker(on_open = |_| 3)]
fn call() -> u32 {
    3
}

fn main() {}
