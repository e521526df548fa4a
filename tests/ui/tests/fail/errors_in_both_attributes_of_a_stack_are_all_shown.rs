//! Each attribute of a stack reports its own errors once.

use resilient::{circuit_breaker, retry};

#[retry(max_retry = 3)]
#[circuit_breaker(failure_threshold = 0)]
fn both() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_time = "5")]
#[retry(max_attempts = 0)]
fn both_the_other_way_round() -> Option<u32> {
    None
}

#[retry(max_retry = 3)]
#[circuit_breaker]
fn upper() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker(failure_threshold = 0)]
fn lower() -> Option<u32> {
    None
}

#[retry(borrow(missing))]
#[circuit_breaker]
fn only_known_with_the_function() -> Option<u32> {
    None
}

fn main() {}
