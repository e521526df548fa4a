//! A function has at most one retry and one breaker.

use resilient::{circuit_breaker, retry};

#[retry(max_retries = 2)]
#[retry(max_retries = 3)]
fn retries() -> Option<u32> {
    None
}

#[circuit_breaker]
#[circuit_breaker]
fn breakers() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker(order = explicit)]
#[retry]
fn with_the_other_between() -> Option<u32> {
    None
}

#[resilient::retry]
#[::resilient::retry]
fn by_path() -> Option<u32> {
    None
}

fn main() {}
