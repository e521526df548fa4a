//! Compile errors: a flag is `true` or `false`, without quotes.

use resilient::{circuit_breaker, retry};

#[circuit_breaker(remember_errors = "false")]
fn in_quotes() -> Option<u32> {
    None
}

#[circuit_breaker(remember_errors = 0)]
fn number() -> Option<u32> {
    None
}

#[retry(remember_errors = "no")]
fn another_word() -> Option<u32> {
    None
}

const NEVER: bool = false;

#[retry(remember_errors = NEVER)]
fn a_constant_is_fine() -> Option<u32> {
    None
}

fn main() {}
