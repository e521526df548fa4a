//! Users cannot write the key that stacked attributes pass to each other.

use resilient::retry;

#[retry(__outer = 3)]
fn value() -> Option<u32> {
    None
}

#[retry(__outer(nonsense))]
fn list() -> Option<u32> {
    None
}

fn main() {}
