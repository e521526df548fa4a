//! `max_recovery_time` must not be below `recovery_time`, even if `recovery_time` is the default.

use resilient::circuit_breaker;

#[circuit_breaker(recovery_time = "60s", max_recovery_time = "30s")]
fn both() -> Option<u32> {
    None
}

#[circuit_breaker(max_recovery_time = "29s")]
fn max_alone() -> Option<u32> {
    None
}

fn main() {}
