//! The lint fires in the body, and at callers of a deprecated annotated function.
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
