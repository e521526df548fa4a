//! The lint fires in the body and at callers.
#![deny(unused_must_use)]

use resilient::{circuit_breaker, retry};

fn fallible() -> Result<u32, String> {
    Ok(1)
}

#[retry]
async fn in_the_body() -> Option<u32> {
    fallible();
    std::future::ready(3);
    None
}

#[circuit_breaker(on_open = |_| Ok(1))]
fn in_another_body() -> Result<u32, String> {
    fallible();
    fallible()
}

#[must_use]
#[retry]
fn important() -> Option<u32> {
    None
}

fn main() {
    in_the_body();
    in_another_body();
    important();
}
