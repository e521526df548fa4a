//! A window is a number of calls or a time, even if it is written as an expression.

use resilient::circuit_breaker;

const SHARE: f64 = 0.5;
const CALLS: usize = 100;

#[circuit_breaker(window = SHARE, failure_rate = 0.5)]
fn by_share() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(window = CALLS, failure_rate = 0.5)]
fn by_count() -> Option<u32> {
    Some(1)
}

fn main() {
    by_share();
    by_count();
}
