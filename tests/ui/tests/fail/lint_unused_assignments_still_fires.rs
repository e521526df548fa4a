//! The lint fires for an assigned value that is never read.
#![deny(unused_assignments)]

use resilient::retry;

#[retry]
async fn local() -> Option<u32> {
    let mut value = 1;
    value = 2;
    Some(value)
}

fn main() {}
