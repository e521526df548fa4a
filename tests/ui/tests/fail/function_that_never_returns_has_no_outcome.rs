//! Nothing to judge where nothing is returned.

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
