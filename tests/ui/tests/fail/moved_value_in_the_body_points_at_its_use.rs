//! Borrow checker errors are reported at the user's lines.

use resilient::{circuit_breaker, retry};

fn take(_: String) {}

#[retry]
async fn argument(text: String) -> Option<u32> {
    take(text);
    take(text);
    None
}

#[circuit_breaker]
fn local() -> Option<u32> {
    let text = String::new();
    take(text);
    take(text);
    None
}

fn main() {}
