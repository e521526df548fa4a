//! The lints fire in the body and in the values of the attribute.
#![deny(unused_parens, unused_braces)]

use resilient::retry;

#[retry]
fn call(value: u32) -> Option<u32> {
    if (value > 3) {
        return (None);
    }
    Some({ value })
}

fn main() {}
