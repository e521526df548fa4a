//! The lint fires for code after a `return`.
#![deny(unreachable_code)]

use resilient::{circuit_breaker, retry};

#[retry]
async fn behind_a_return() -> Option<u32> {
    return None;
    println!("never");
    Some(1)
}

#[circuit_breaker]
fn behind_a_panic() -> Option<u32> {
    panic!("always");
    Some(1)
}

fn main() {}
