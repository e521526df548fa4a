//! A duration cannot be negative, whether the sign is inside the text or before it.

use resilient::retry;

#[retry(base_delay = "-5s")]
fn inside() -> Option<u32> {
    None
}

#[retry(base_delay = -5)]
fn number() -> Option<u32> {
    None
}

#[retry(base_delay = -"5s")]
fn before() -> Option<u32> {
    None
}

fn main() {}
