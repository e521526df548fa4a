//! Arguments are `key = value` pairs that are separated by commas.

use resilient::{circuit_breaker, retry};

#[retry(3)]
fn value_without_key() -> Option<u32> {
    None
}

#[retry(max_retries)]
fn key_without_value() -> Option<u32> {
    None
}

#[retry(max_retries = , base_delay = "1s")]
fn nothing_behind_the_sign() -> Option<u32> {
    None
}

#[retry(max_retries = 3 base_delay = "1s")]
fn no_comma() -> Option<u32> {
    None
}

#[retry(max_retries = 3; base_delay = "1s")]
fn semicolon() -> Option<u32> {
    None
}

#[retry(max_retries == 3)]
fn two_signs() -> Option<u32> {
    None
}

#[retry(max_retries: 3)]
fn colon() -> Option<u32> {
    None
}

#[retry(max_retries(3))]
fn parentheses() -> Option<u32> {
    None
}

#[retry(borrow = a)]
fn no_parentheses(a: u32) -> Option<u32> {
    Some(a)
}

#[retry(max_retries = 3, exponential)]
fn word_without_key() -> Option<u32> {
    None
}

#[circuit_breaker("payments")]
fn name_without_key() -> Option<u32> {
    None
}

fn main() {}
