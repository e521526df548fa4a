//! `attempt` takes the name of a variable.

use resilient::retry;

#[retry(attempt = 3)]
fn number() -> Option<u32> {
    None
}

#[retry(attempt = self)]
fn keyword() -> Option<u32> {
    None
}

#[retry(attempt)]
fn nothing() -> Option<u32> {
    None
}

fn main() {}
