//! The body cannot return a borrow of its variables.

use resilient::{circuit_breaker, retry};

#[retry]
async fn in_an_async_function<'a>(_text: &'a str) -> Option<&'a str> {
    let local = String::new();
    Some(&local)
}

#[circuit_breaker]
fn in_a_plain_function<'a>(_text: &'a str) -> Option<&'a str> {
    let local = String::new();
    Some(&local)
}

fn main() {}
