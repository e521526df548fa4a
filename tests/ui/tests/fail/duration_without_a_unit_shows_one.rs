//! A number without a unit is not a duration. The message shows a number with a unit.

use resilient::{circuit_breaker, retry};

#[retry(base_delay = 100)]
fn number() -> Option<u32> {
    None
}

#[retry(base_delay = "100")]
fn text() -> Option<u32> {
    None
}

#[retry(max_elapsed = "1m30")]
fn half() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_time = 1.5)]
fn fraction() -> Option<u32> {
    None
}

fn main() {}
