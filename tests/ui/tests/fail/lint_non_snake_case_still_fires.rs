//! The lint fires for names of functions, arguments and variables.
#![deny(nonstandard_style)]

use resilient::{circuit_breaker, retry};

#[retry]
async fn getValue(theKey: String) -> Option<String> {
    Some(theKey)
}

#[circuit_breaker]
fn put(theValue: u32) -> Option<u32> {
    let TheLocal = theValue;
    Some(TheLocal)
}

fn main() {}
