//! A function that never returns has no outcome to classify.

use resilient::{circuit_breaker, retry};

#[retry]
fn call() -> ! {
    loop {}
}

#[circuit_breaker]
async fn another() -> ! {
    loop {}
}

fn main() {}
