//! The lower of two stays an attribute of its own, so its import is needed and used.

use resilient::retry;

#[retry]
#[circuit_breaker]
fn call() -> Option<u32> {
    None
}

fn main() {}
