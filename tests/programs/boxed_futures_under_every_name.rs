//! The attributes work on functions that return a boxed future, written in full or as `BoxFuture`:
//! on free functions, methods and methods of trait objects.

use std::boxed;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

/// Equal to the alias in the crate `futures`.
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

async fn third(calls: &AtomicU32) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    match calls.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
fn for_ever(calls: Arc<AtomicU32>, text: String) -> BoxFuture<'static, Result<String, Fault>> {
    Box::pin(async move {
        third(&calls).await?;
        Ok(text)
    })
}

#[retry]
#[circuit_breaker(name = "boxed, retry above")]
fn borrowing<'a>(calls: &'a AtomicU32, text: &'a str) -> BoxFuture<'a, Result<&'a str, Fault>> {
    Box::pin(async move { third(calls).await.map(|_| text) })
}

#[circuit_breaker(name = "boxed, breaker above", order = explicit)]
#[retry]
fn local(calls: &AtomicU32) -> LocalBoxFuture<'_, Result<u32, Fault>> {
    let future = third(calls);
    Box::pin(future)
}

#[rustfmt::skip]
#[retry]
fn spelt_out(
    calls: &AtomicU32,
) -> std::pin::Pin<
    std::boxed::Box<dyn std::future::Future<Output = Result<u32, Fault>> + Send + '_>,
> {
    std::boxed::Box::pin(third(calls))
}

#[retry]
fn in_another_order<'a>(
    calls: &'a AtomicU32,
) -> ::core::pin::Pin<boxed::Box<dyn Send + 'a + Future<Output = Option<u32>>>> {
    Box::pin(async move { third(calls).await.ok() })
}

trait Service<R>: Sync {
    fn call(&self, request: R) -> BoxFuture<'_, Result<u32, Fault>>;

    #[retry]
    fn by_default<'s>(&'s self, request: R) -> BoxFuture<'s, Result<u32, Fault>>
    where
        R: Clone + Send + 's,
    {
        Box::pin(async move { self.call(request).await })
    }
}

impl Service<u32> for AtomicU32 {
    #[circuit_breaker(name = "boxed method")]
    fn call(&self, request: u32) -> BoxFuture<'_, Result<u32, Fault>> {
        Box::pin(async move { third(self).await.map(|n| n + request) })
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = |expected| assert_eq!(calls.swap(0, SeqCst), expected);
    let text = tokio::spawn(for_ever(calls.clone(), "x".to_owned()));
    assert_eq!(text.await.unwrap().as_deref(), Ok("x"));
    counted(3);
    assert_eq!(sendable(borrowing(&calls, "y")).await, Ok("y"));
    counted(3);
    assert_eq!(local(&calls).await, Ok(3));
    counted(3);
    assert_eq!(sendable(spelt_out(&calls)).await, Ok(3));
    counted(3);
    assert_eq!(sendable(in_another_order(&calls)).await, Some(3));
    counted(3);
    let service: &dyn Service<u32> = &*calls;
    assert_eq!(sendable(service.by_default(1)).await, Ok(4));
    counted(3);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("boxed, retry above"), (1, 2));
    assert_eq!(totals("boxed, breaker above"), (1, 0));
    assert_eq!(totals("boxed method"), (1, 2));
}
