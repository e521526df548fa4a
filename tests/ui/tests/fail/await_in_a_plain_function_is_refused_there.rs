//! `.await` in a plain function is an error at the `.await`.

use resilient::retry;

async fn later() -> u32 {
    3
}

#[retry]
fn call() -> Option<u32> {
    Some(later().await)
}

fn main() {}
