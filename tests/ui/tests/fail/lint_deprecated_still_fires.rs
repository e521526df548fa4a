//! In the body, and at those who call an annotated function that is deprecated.
#![deny(deprecated)]

use resilient::retry;

#[deprecated]
fn old() -> u32 {
    3
}

#[retry]
fn call() -> Option<u32> {
    Some(old())
}

#[deprecated = "call `call`"]
#[retry]
fn old_call() -> Option<u32> {
    None
}

fn main() {
    call();
    old_call();
}
