//! A `cfg_attr` inside a `cfg_attr` works on a stacked function and on an argument.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[retry(max_retries = 1)]
#[cfg_attr(all(), cfg_attr(all(), circuit_breaker(name = "nested")))]
async fn nested() -> Option<u32> {
    CALLS.fetch_add(1, SeqCst);
    None
}

#[retry(max_retries = 1)]
async fn arguments(
    #[cfg_attr(all(), cfg(any()))] missing: Missing,
    #[cfg_attr(all(), cfg(all()))] there: String,
) -> Option<String> {
    (CALLS.fetch_add(1, SeqCst) > 0).then_some(there)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(nested().await, None);
    assert_eq!(CALLS.swap(0, SeqCst), 2);
    let totals = Registry::global().get("nested").unwrap().snapshot().totals;
    assert_eq!(totals.failure, 2, "each attempt passes through the breaker");
    assert_eq!(arguments("x".to_owned()).await.as_deref(), Some("x"));
    assert_eq!(CALLS.load(SeqCst), 2);
}
