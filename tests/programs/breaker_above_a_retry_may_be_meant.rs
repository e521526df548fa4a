//! A breaker above a retry causes no warning with `order = explicit`. A breaker below a retry
//! causes no warning either.
#![deny(warnings, deprecated)]

use resilient::{Registry, circuit_breaker, fallback, retry, timeout};

#[circuit_breaker(name = "meant", order = explicit)]
#[retry(max_retries = 2, base_delay = "0s")]
pub fn plain() -> Option<u32> {
    None
}

#[fallback(value = 0)]
#[circuit_breaker(order = explicit)]
#[inline]
#[timeout("1s")]
#[retry(max_retries = 1, base_delay = "0s")]
pub async fn among_others() -> Option<u32> {
    None
}

#[async_trait::async_trait]
pub trait Load {
    #[circuit_breaker(order = explicit)]
    #[retry(max_retries = 1, base_delay = "0s")]
    async fn load(&self) -> Option<u32> {
        None
    }
}

impl Load for u32 {}

#[fallback(value = 0)]
#[retry(max_retries = 1, base_delay = "0s")]
#[circuit_breaker]
#[timeout("1s")]
pub async fn recommended() -> Option<u32> {
    None
}

#[circuit_breaker(order = explicit)]
#[timeout("1s")]
pub async fn without_a_retry() -> Option<u32> {
    None
}

#[tokio::test(start_paused = true)]
async fn c01_one_call_of_the_breaker_covers_the_whole_loop() {
    assert_eq!(plain(), None);
    assert_eq!(Registry::global().get("meant").unwrap().snapshot().totals.failure, 1);
    assert_eq!((among_others().await, recommended().await), (Some(0), Some(0)));
    assert_eq!((1.load().await, without_a_retry().await), (None, None));
}
