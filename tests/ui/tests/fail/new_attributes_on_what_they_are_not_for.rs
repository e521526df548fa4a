//! Timeouts and fallbacks apply to functions only. A function has at most one of each.

use resilient::{fallback, retry, timeout};

#[timeout("1s")]
struct Client;

#[fallback(value = 1)]
enum Empty {}

#[timeout("1s")]
#[timeout("2s")]
async fn two_timeouts() -> Option<u32> {
    None
}

#[fallback(value = 1)]
#[retry]
#[fallback(value = 2)]
fn two_fallbacks() -> Option<u32> {
    None
}

#[fallback(value = 1)]
const fn constant() -> Option<u32> {
    None
}

trait Api {
    #[timeout("1s")]
    async fn declared() -> Option<u32>;
}

fn main() {}
