//! Type errors are reported at the user's code.

use resilient::{circuit_breaker, retry};

#[retry]
async fn in_an_async_function(text: &str) -> Option<u32> {
    let length: u32 = text.len();
    Some(length)
}

#[circuit_breaker]
fn in_a_plain_function(text: &str) -> Option<u32> {
    text.length();
    Some(missing)
}

#[retry]
#[circuit_breaker]
async fn in_a_stack(text: &str) -> Option<u32> {
    Some(text.len() + 1u32)
}

fn main() {}
