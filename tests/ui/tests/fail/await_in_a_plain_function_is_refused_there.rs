//! The attempt of a plain function is no place for `.await`.

use resilient::retry;

async fn later() -> u32 {
    3
}

#[retry]
fn call() -> Option<u32> {
    Some(later().await)
}

fn main() {}
