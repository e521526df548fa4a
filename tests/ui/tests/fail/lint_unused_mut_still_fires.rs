//! The lint fires for a needless `mut`, at the same line as without the attribute.
#![deny(unused_mut)]

use resilient::{circuit_breaker, retry};

#[retry]
async fn argument(mut text: String) -> Option<String> {
    Some(text)
}

#[retry]
fn reference(mut text: &str) -> Option<usize> {
    Some(text.len())
}

#[retry]
fn pattern((mut a, b): (u32, u32)) -> Option<u32> {
    Some(a + b)
}

#[circuit_breaker]
fn local(mut limit: u32) -> Option<u32> {
    let mut other = limit;
    Some(other)
}

fn main() {}
