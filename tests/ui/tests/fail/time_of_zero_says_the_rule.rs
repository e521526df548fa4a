//! If a time of zero is invalid, the message says why.

use resilient::{circuit_breaker, retry};

#[circuit_breaker(probe_timeout = "0s")]
fn probe_timeout() -> Option<u32> {
    None
}

#[retry(max_elapsed = "0ms")]
fn max_elapsed() -> Option<u32> {
    None
}

fn main() {}
