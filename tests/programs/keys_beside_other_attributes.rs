//! A key is evaluated once per call, before the attempts, also if the function and its arguments
//! have other attributes.
#![deny(warnings)]
#![allow(clippy::non_minimal_cfg)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use async_recursion::async_recursion;
use resilient::{circuit_breaker, retry};
use tracing::instrument;

static READ: AtomicU32 = AtomicU32::new(0);

fn read(key: u32) -> u32 {
    READ.fetch_add(1, SeqCst);
    key
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[instrument(skip_all)]
#[retry(max_retries = 2, base_delay = "0s")]
#[circuit_breaker(key = read(key), failure_threshold = 9)]
async fn below_a_span(key: u32, tries: &AtomicU32) -> Option<u32> {
    (tries.fetch_add(1, SeqCst) > key).then_some(key)
}

#[circuit_breaker(key = read(key), failure_threshold = 9, order = explicit)]
#[instrument(skip(tries))]
#[retry(max_retries = 2, base_delay = "0s")]
fn around_a_span(key: u32, tries: &AtomicU32) -> Option<u32> {
    (tries.fetch_add(1, SeqCst) > key).then_some(key)
}

#[retry(max_retries = 2, base_delay = "0s", attempt = attempt, on_retry = |_| {})]
#[circuit_breaker(key = read(*key), failure_threshold = 9, on_open = |_| Some(*key))]
#[instrument(skip_all)]
async fn above_a_span(key: &mut u32, tries: &AtomicU32) -> Option<u32> {
    *key += attempt.number();
    (tries.fetch_add(1, SeqCst) > 1).then_some(*key)
}

#[circuit_breaker(key = key)]
fn conditional(
    #[cfg(all())] key: u32,
    #[cfg(any())] key: String,
    #[allow(unused_variables)] other: u32,
) -> Option<u32> {
    Some(key)
}

#[circuit_breaker(key = n % 2)]
#[async_recursion]
async fn recursive(n: u32) -> Option<u32> {
    if n == 0 { Some(0) } else { recursive(n - 1).await }
}

struct Client {
    host: Mutex<String>,
}

impl Client {
    /// The temporaries of the key's expression are dropped before the first await.
    #[circuit_breaker(key = self.host.lock().unwrap().clone())]
    async fn call(&self) -> Option<u32> {
        drop(self.host.try_lock().ok()?);
        tokio::task::yield_now().await;
        Some(1)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let tries = AtomicU32::new(0);
    let counted = || (tries.swap(0, SeqCst), READ.swap(0, SeqCst));
    assert_eq!(sendable(below_a_span(1, &tries)).await, Some(1));
    assert_eq!(counted(), (3, 1));
    assert_eq!(around_a_span(1, &tries), Some(1));
    assert_eq!(counted(), (3, 1));
    assert_eq!(sendable(above_a_span(&mut 1, &tries)).await, Some(7));
    assert_eq!(counted(), (3, 1));
    drop(below_a_span(1, &tries));
    assert_eq!(counted(), (0, 0), "the call was never made");
    assert_eq!(conditional(1, 2), Some(1));
    assert_eq!(sendable(recursive(3)).await, Some(0));
    let client = Client { host: Mutex::new("a".to_owned()) };
    assert_eq!(sendable(client.call()).await, Some(1));
}
