//! The error about an unknown unit lists the known units and suggests the nearest unit.

use resilient::{circuit_breaker, retry};

#[retry(base_delay = "5SEC")]
fn long() -> Option<u32> {
    None
}

#[retry(base_delay = "5x")]
fn unknown() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_time = "1M")]
fn capital() -> Option<u32> {
    None
}

fn main() {}
