//! An unknown name in an expression causes one error.

use resilient::{circuit_breaker, fallback, retry, timeout};

#[circuit_breaker(key = unknown)]
fn key() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker(name = "part", key = unknown.part())]
async fn part_of_a_key() -> Option<u32> {
    None
}

#[circuit_breaker(breaker = unknown)]
fn breaker() -> Option<u32> {
    None
}

#[retry(policy = unknown, budget = unknown, retry_if = unknown)]
fn retried() -> Option<u32> {
    None
}

#[timeout(unknown)]
async fn limited() -> Option<u32> {
    None
}

#[fallback(with = unknown)]
async fn replaced() -> Option<u32> {
    None
}

fn main() {}
