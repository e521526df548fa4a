//! Fallbacks work on functions and methods of every kind, alone and in stacks, with arguments that
//! the body moves.
#![allow(clippy::manual_async_fn)]

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use resilient::{CircuitOpen, TimedOut, circuit_breaker, fallback, retry, timeout};

#[derive(Debug, Clone, PartialEq)]
enum Fault {
    Open,
    TimedOut,
    Missing(String),
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

type Answer<T> = Result<T, Fault>;

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[derive(Clone, Default)]
struct Client {
    cache: Vec<String>,
}

impl Client {
    #[fallback(value = self.cache.len())]
    fn shared(&self, text: String) -> Answer<usize> {
        Err(Fault::Missing(text))
    }

    #[fallback(with = |error| self.keep(error, &text, list))]
    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker]
    async fn exclusive(&mut self, text: String, list: &mut Vec<String>) -> Answer<usize> {
        list.push(text.clone());
        self.cache.push(text);
        tokio::task::yield_now().await;
        Err(Fault::Open)
    }

    fn keep(&mut self, error: Fault, text: &str, list: &mut Vec<String>) -> Answer<usize> {
        list.push(format!("{text} {error:?}"));
        Ok(self.cache.len() + list.len())
    }

    #[fallback(with = async |_| self.later(text).await)]
    #[timeout("1s")]
    async fn owned(mut self, text: String) -> Answer<usize> {
        self.cache.push(text);
        tokio::task::yield_now().await;
        Err(Fault::Open)
    }

    async fn later(&self, text: String) -> Answer<usize> {
        tokio::task::yield_now().await;
        Ok(self.cache.len() + text.len())
    }

    #[fallback(with = |_| Ok(Arc::strong_count(&self)))]
    async fn counted(self: Arc<Self>) -> Answer<usize> {
        drop(self);
        Err(Fault::Open)
    }

    #[fallback(with = |_| Ok(self.cache.len()))]
    async fn pinned(mut self: Pin<&mut Self>) -> Answer<usize> {
        self.cache.push(String::new());
        Err(Fault::Open)
    }
}

#[async_trait]
trait Api {
    #[fallback(value = text)]
    async fn by_default(&self, text: String) -> Answer<String> {
        Err(Fault::Missing(text))
    }

    async fn implemented(&mut self, text: String) -> Answer<String>;
}

#[async_trait]
impl Api for Client {
    #[fallback(
        with = |error| Ok(format!("{text} {error:?} {}", self.cache.len())),
        on = Fault::Missing(_)
    )]
    #[retry(max_retries = 1, base_delay = "0s")]
    async fn implemented(&mut self, text: String) -> Answer<String> {
        tokio::task::yield_now().await;
        self.cache.push(String::new());
        Err(Fault::Missing(text))
    }
}

#[fallback(value = value)]
fn opaque<T: Clone + Send>(value: T) -> impl Future<Output = Answer<T>> + Send {
    async move {
        tokio::task::yield_now().await;
        drop(value);
        Err(Fault::Open)
    }
}

#[fallback(with = from_cache)]
#[circuit_breaker]
fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Answer<String>> + Send + '_>> {
    Box::pin(async move { Err(Fault::Missing(text.to_owned())) })
}

async fn from_cache(error: Fault) -> Answer<String> {
    tokio::task::yield_now().await;
    match error {
        Fault::Missing(text) => Ok(text),
        other => Err(other),
    }
}

#[fallback(value = vec![1, 2, 3].into_iter())]
fn opaque_output(fails: bool) -> Option<impl Iterator<Item = u32>> {
    (!fails).then(|| vec![1].into_iter())
}

#[fallback(with = |_| Ok(Box::new(0_u8)))]
async fn coerced() -> Result<Box<dyn std::fmt::Debug + Send>, Fault> {
    Err(Fault::Open)
}

#[fallback(with = |error| Err(error.into()))]
async fn converted() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Err("down")?
}

#[fallback(value = Default::default())]
async fn generic<T: Default, E: std::fmt::Debug>(error: E) -> Result<T, E> {
    Err(error)
}

#[fallback(value = a + b, except = Fault::Missing(text) if text.len() == a)]
fn patterns((a, mut b): (usize, usize), Wrapper { inner, .. }: Wrapper) -> Answer<usize> {
    b += a;
    if b > 10 {
        return Ok(b);
    }
    Err(Fault::Missing(inner))
}

struct Wrapper {
    inner: String,
}

#[circuit_breaker(order = explicit)]
#[fallback(value = 0, order = explicit)]
#[retry(max_retries = 1, base_delay = "0s")]
#[timeout("1s")]
async fn explicit(text: String) -> Answer<usize> {
    Err(Fault::Missing(text))
}

#[tokio::test]
async fn runs() {
    assert_eq!(calls().await, Some(()));
}

#[fallback(with = |()| None)]
async fn calls() -> Option<()> {
    let mut client = Client::default();
    assert_eq!(client.shared("a".to_owned()), Ok(0));
    let mut list = Vec::new();
    assert_eq!(sendable(client.exclusive("a".to_owned(), &mut list)).await, Ok(2 + 3));
    assert_eq!(list[2], "a Open");
    assert_eq!(sendable(client.clone().owned("abc".to_owned())).await, Ok(5));
    assert_eq!(sendable(Arc::new(client.clone()).counted()).await, Ok(1));
    assert_eq!(sendable(Pin::new(&mut client).pinned()).await, Ok(3));
    assert_eq!(sendable(client.by_default("b".to_owned())).await.as_deref(), Ok("b"));
    let output = sendable(client.implemented("c".to_owned())).await;
    assert_eq!(output.as_deref(), Ok("c Missing(\"c\") 5"));
    assert_eq!(sendable(opaque(7)).await, Ok(7));
    assert_eq!(sendable(boxed("four")).await.as_deref(), Ok("four"));
    assert_eq!(opaque_output(true)?.sum::<u32>(), 6);
    assert_eq!(opaque_output(false)?.sum::<u32>(), 1);
    assert_eq!(format!("{:?}", sendable(coerced()).await), "Ok(0)");
    assert_eq!(sendable(converted()).await.unwrap_err().to_string(), "down");
    assert_eq!(generic::<u32, u8>(1).await, Ok(0));
    let wrapper = |inner: &str| Wrapper { inner: inner.to_owned() };
    assert_eq!(patterns((1, 2), wrapper("xx")), Ok(3));
    assert_eq!(patterns((2, 2), wrapper("xx")), Err(Fault::Missing("xx".to_owned())));
    assert_eq!(patterns((2, 20), wrapper("xx")), Ok(22));
    assert_eq!(sendable(explicit("x".to_owned())).await, Ok(0));
    Some(())
}
