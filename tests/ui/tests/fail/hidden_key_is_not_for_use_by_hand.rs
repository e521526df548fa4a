//! What stacked attributes say to each other is nobody else's.

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
