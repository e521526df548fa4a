//! A body may box futures of different types. Each is coerced to the return type.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
fn matched<'a>(calls: &'a AtomicU32, cached: Option<u32>) -> BoxFuture<'a, Option<u32>> {
    match cached {
        Some(cached) => Box::pin(std::future::ready(Some(cached))),
        None => Box::pin(async move {
            let n = calls.fetch_add(1, SeqCst) + 1;
            (n == 3).then_some(n)
        }),
    }
}

#[retry]
#[circuit_breaker(name = "in two places")]
fn early(calls: &AtomicU32) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + '_>> {
    let n = calls.fetch_add(1, SeqCst) + 1;
    if n < 3 {
        return Box::pin(async { None });
    }
    Box::pin(async move { Some(n) })
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let calls = AtomicU32::new(0);
    assert_eq!(sendable(matched(&calls, Some(7))).await, Some(7));
    assert_eq!(calls.load(SeqCst), 0);
    assert_eq!(sendable(matched(&calls, None)).await, Some(3));
    assert_eq!(calls.swap(0, SeqCst), 3);
    assert_eq!(sendable(early(&calls)).await, Some(3));
    assert_eq!(calls.load(SeqCst), 3);
    let totals = Registry::global().get("in two places").unwrap().snapshot().totals;
    assert_eq!((totals.failure, totals.success), (2, 1));
}
