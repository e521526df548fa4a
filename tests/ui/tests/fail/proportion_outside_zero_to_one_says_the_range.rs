//! A proportion is from 0 to 1, or a percentage in quotes.

use resilient::{circuit_breaker, retry};

#[retry(jitter = 1.5)]
fn number() -> Option<u32> {
    None
}

#[retry(jitter = "150%")]
fn percentage() -> Option<u32> {
    None
}

#[retry(jitter = "20")]
fn no_percent_sign() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_jitter = -0.1)]
fn negative() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_jitter = "a lot")]
fn words() -> Option<u32> {
    None
}

fn main() {}
