//! A missing lifetime is reported once, at the signature.

use resilient::{circuit_breaker, retry};

#[retry]
#[circuit_breaker]
fn longest(left: &str, right: &str) -> Option<&str> {
    Some(if left.len() > right.len() {
        left
    } else {
        right
    })
}

fn main() {}
