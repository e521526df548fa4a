//! If a function returns a future, each attempt makes a new future.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
struct Fault(String);

impl From<resilient::CircuitOpen> for Fault {
    fn from(open: resilient::CircuitOpen) -> Self {
        Fault(open.to_string())
    }
}

#[retry(max_retries = 1, base_delay = "0s")]
fn opaque() -> impl Future<Output = Option<u32>> {
    async move {
        CALLS.fetch_add(1, SeqCst);
        None
    }
}

#[retry(max_retries = 1, base_delay = "0s")]
#[circuit_breaker(name = "boxed, future", failure_threshold = 9)]
fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + 'a>> {
    Box::pin(async move {
        CALLS.fetch_add(1, SeqCst);
        Err(Fault(text.to_owned()))
    })
}

#[tokio::test]
async fn runs() {
    assert_eq!(opaque().await, None);
    assert_eq!(CALLS.swap(0, SeqCst), 2);
    assert_eq!(boxed("a").await, Err(Fault("a".to_owned())));
    assert_eq!(CALLS.load(SeqCst), 2);
}
