//! If a key is given twice, even a key with a list, the error is at the second key.

use resilient::{circuit_breaker, retry};

#[retry(max_retries = 3, base_delay = "1s", max_retries = 4)]
fn call() -> Option<u32> {
    None
}

#[retry(clone(a), clone(b))]
fn lists(a: String, b: String) -> Option<String> {
    Some(a + &b)
}

#[circuit_breaker(name = "a", name = "a")]
fn another() -> Option<u32> {
    None
}

fn main() {}
