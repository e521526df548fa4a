//! Units go from large to small, and each is used once. The message shows the corrected text.

use resilient::{circuit_breaker, retry};

#[retry(max_elapsed = "30s1m")]
fn order() -> Option<u32> {
    None
}

#[circuit_breaker(recovery_time = "1s1s")]
fn twice() -> Option<u32> {
    None
}

fn main() {}
