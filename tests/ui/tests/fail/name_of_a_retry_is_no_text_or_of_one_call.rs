//! The name of a retry is text or a constant.

use resilient::retry;

#[retry(name = 3)]
fn number() -> Option<()> {
    None
}

#[retry(name = "")]
fn empty() -> Option<()> {
    None
}

#[retry(name = host)]
fn argument(host: &'static str) -> Option<()> {
    None
}

fn main() {}
