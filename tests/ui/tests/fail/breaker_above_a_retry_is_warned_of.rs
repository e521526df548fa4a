//! A breaker above a retry causes a warning at the breaker, unless it has `order = explicit`.

#![deny(warnings)]

use resilient::{circuit_breaker, fallback, retry, timeout};

#[circuit_breaker]
#[retry]
pub fn plain() -> Option<u32> {
    None
}

#[circuit_breaker(name = "async")]
#[retry]
pub async fn asynchronous() -> Option<u32> {
    None
}

#[resilient::circuit_breaker(key = host)]
#[inline]
#[timeout("1s")]
#[fallback(value = 1, order = explicit)]
#[tracing::instrument]
#[cfg_attr(all(), resilient::retry)]
pub async fn among_others(host: &str) -> Option<u32> {
    let _ = host;
    None
}

#[async_trait::async_trait]
pub trait Load {
    #[circuit_breaker(name = "by default")]
    #[retry]
    async fn load(&self) -> Option<u32> {
        None
    }
}

#[circuit_breaker(order = explicit)]
#[retry]
pub fn meant() -> Option<u32> {
    None
}

#[circuit_breaker]
#[timeout("1s")]
pub async fn above_no_retry() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker]
pub fn in_the_right_order() -> Option<u32> {
    None
}

fn main() {}
