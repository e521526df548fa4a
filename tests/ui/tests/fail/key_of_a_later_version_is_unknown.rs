//! Keys that the runtime does not have yet are unknown keys until it does, with no wrong guess beside them.

use resilient::retry;

#[retry(budget = "all")]
fn budget() -> Option<u32> {
    None
}

#[retry(deadline = "1s")]
fn deadline() -> Option<u32> {
    None
}

#[retry(attempt_timeout = "1s")]
fn attempt_timeout() -> Option<u32> {
    None
}

#[retry(nested = allow)]
fn nested() -> Option<u32> {
    None
}

fn main() {}
