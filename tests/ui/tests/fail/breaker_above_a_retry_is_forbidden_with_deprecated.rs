//! The warning about a breaker above a retry is of the lint `deprecated`, so a crate can forbid it.

#![forbid(deprecated)]

use resilient::{circuit_breaker, retry};

#[circuit_breaker]
#[retry]
fn in_the_wrong_order() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker]
fn in_the_right_order() -> Option<u32> {
    None
}

fn main() {
    in_the_wrong_order();
    in_the_right_order();
}
