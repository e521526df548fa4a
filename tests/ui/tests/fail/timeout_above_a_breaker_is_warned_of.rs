//! A timeout above a breaker causes a warning at the timeout, unless a retry is between the two, or
//! the breaker has `order = explicit` or `abandoned = failure`.

#![deny(warnings)]

use resilient::{circuit_breaker, fallback, retry, timeout};

#[timeout("1s")]
#[circuit_breaker]
pub async fn plain() -> Option<u32> {
    None
}

#[retry]
#[resilient::timeout("1s")]
#[inline]
#[fallback(value = 1, order = explicit)]
#[circuit_breaker(name = "between")]
pub async fn between_retry_and_breaker() -> Option<u32> {
    None
}

#[timeout("1s")]
#[circuit_breaker(name = "above a retry")]
#[retry]
pub async fn two_warnings() -> Option<u32> {
    None
}

#[timeout("1s")]
#[circuit_breaker(order = explicit)]
pub async fn meant() -> Option<u32> {
    None
}

#[timeout("1s")]
#[circuit_breaker(name = "counts", abandoned = failure)]
pub async fn counted() -> Option<u32> {
    None
}

#[timeout("10s")]
#[retry]
#[circuit_breaker(name = "whole loop")]
pub async fn above_the_loop() -> Option<u32> {
    None
}

#[circuit_breaker(name = "right")]
#[timeout("1s")]
pub async fn in_the_right_order() -> Option<u32> {
    None
}

fn main() {}
