//! Time limits work on functions and methods of every kind, alone and in stacks. The futures are
//! `Send`.
#![allow(clippy::manual_async_fn)]

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use resilient::{CircuitOpen, RetryError, TimedOut, circuit_breaker, fallback, retry, timeout};

#[derive(Debug)]
#[allow(dead_code)]
enum Fault {
    Open(CircuitOpen),
    TimedOut(TimedOut),
    Other(String),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TimedOut> for Fault {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

type Answer<T> = Result<T, Fault>;

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

const LIMIT: Duration = Duration::from_secs(5);

#[derive(Clone, Default)]
struct Client {
    limit: Option<Duration>,
    name: String,
}

impl Client {
    #[timeout(self.limit)]
    async fn shared(&self, text: &str) -> Answer<usize> {
        tokio::task::yield_now().await;
        Ok(self.name.len() + text.len())
    }

    #[retry(deadline = self.limit, attempt_timeout = LIMIT)]
    #[circuit_breaker]
    #[timeout(limit)]
    async fn exclusive(
        &mut self,
        limit: Duration,
        text: String,
        list: &mut Vec<String>,
    ) -> Answer<usize> {
        list.push(text);
        self.name.push('x');
        tokio::task::yield_now().await;
        Ok(list.len())
    }

    #[timeout("5s")]
    #[retry(attempt_timeout = "1s")]
    async fn owned(mut self, (a, mut b): (u32, u32)) -> Answer<u32> {
        self.name.push('x');
        b += a;
        tokio::task::yield_now().await;
        let Self { name, .. } = self;
        Ok(b + u32::try_from(name.len()).unwrap())
    }

    #[timeout("5s")]
    #[circuit_breaker(key = text, order = explicit)]
    async fn counted(self: Arc<Self>, text: String) -> Answer<String> {
        tokio::task::yield_now().await;
        drop(self);
        Ok(text)
    }

    #[retry(deadline = "5s")]
    async fn pinned(self: Pin<&mut Self>) -> Answer<usize> {
        tokio::task::yield_now().await;
        Ok(self.name.len())
    }

    #[circuit_breaker]
    #[timeout("1s")]
    async fn boxed_self(self: Box<Self>) -> Answer<String> {
        tokio::task::yield_now().await;
        Ok(self.name)
    }
}

#[async_trait]
trait Api {
    #[timeout("1s")]
    async fn by_default(&self, text: String) -> Answer<String> {
        tokio::task::yield_now().await;
        Ok(text)
    }

    async fn implemented(&mut self, pair: (u32, u32), text: &str) -> Answer<u32>;
}

#[async_trait]
impl Api for Client {
    #[retry(deadline = "10s", max_retries = 1)]
    #[circuit_breaker]
    #[timeout(self.limit)]
    async fn implemented(&mut self, (a, b): (u32, u32), text: &str) -> Answer<u32> {
        tokio::task::yield_now().await;
        self.name.push_str(text);
        Ok(a + b)
    }
}

trait Native {
    #[timeout("1s")]
    #[retry]
    async fn native(&self) -> Option<u32> {
        Some(1)
    }
}

impl Native for Client {}

#[timeout("1s")]
fn opaque<'a, T: Clone + Send + Sync + 'a>(
    value: &'a T,
) -> impl Future<Output = Answer<T>> + Send + 'a {
    async move {
        tokio::task::yield_now().await;
        Ok(value.clone())
    }
}

#[retry(attempt_timeout = LIMIT, deadline = 2 * LIMIT)]
fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Answer<usize>> + Send + '_>> {
    Box::pin(async move { Ok(text.len()) })
}

#[timeout("1s")]
#[circuit_breaker(order = explicit)]
fn by_statements(n: u32) -> impl Future<Output = Answer<u32>> + Send {
    let twice = n * 2;
    std::future::ready(Ok(twice))
}

#[retry(deadline = LIMIT)]
#[timeout(short.then_some(LIMIT))]
async fn opaque_output(short: bool, list: Vec<u32>) -> Answer<impl Iterator<Item = u32>> {
    Ok(list.into_iter())
}

#[timeout("1s")]
async fn generic<const N: usize, T, E>(value: [T; N]) -> Result<usize, E>
where
    E: From<TimedOut>,
{
    drop(value);
    Ok(N)
}

#[fallback(with = |error| Err(error))]
#[retry(errors = all, deadline = "5s", attempt = attempt)]
#[circuit_breaker]
#[timeout("1s")]
async fn all(text: String) -> Result<String, RetryError<Fault>> {
    if attempt.number() > 7 {
        return Err(Fault::Other(text));
    }
    let n: u32 = "7".parse().map_err(|_| Fault::Other(String::new()))?;
    Ok(text + &n.to_string())
}

#[timeout("1s")]
async fn recursive(n: u32) -> Answer<u32> {
    if n == 0 {
        return Ok(0);
    }
    Ok(1 + Box::pin(recursive(n - 1)).await?)
}

#[tracing::instrument(skip_all, err(Debug))]
#[timeout("1s")]
#[tracing::instrument(skip_all)]
async fn instrumented(text: String) -> Answer<String> {
    tokio::task::yield_now().await;
    Ok(text)
}

#[timeout("1s")]
async fn stays_on_its_thread(text: std::rc::Rc<str>) -> Answer<usize> {
    tokio::task::yield_now().await;
    Ok(text.len())
}

#[timeout("1m")]
#[tokio::test]
async fn runs() -> Answer<()> {
    let mut client = Client::default();
    assert_eq!(sendable(client.shared("abc")).await?, 3);
    let mut list = Vec::new();
    assert_eq!(sendable(client.exclusive(LIMIT, "a".to_owned(), &mut list)).await?, 1);
    assert_eq!(sendable(client.clone().owned((1, 2))).await?, 5);
    assert_eq!(sendable(Arc::new(client.clone()).counted("a".to_owned())).await?, "a");
    assert_eq!(sendable(Pin::new(&mut client).pinned()).await?, 1);
    assert_eq!(sendable(Box::new(client.clone()).boxed_self()).await?, "x");
    assert_eq!(sendable(client.by_default("b".to_owned())).await?, "b");
    assert_eq!(sendable(client.implemented((3, 4), "y")).await?, 7);
    assert_eq!(client.native().await, Some(1));
    assert_eq!(sendable(opaque(&5)).await?, 5);
    assert_eq!(sendable(boxed("four")).await?, 4);
    assert_eq!(sendable(by_statements(4)).await?, 8);
    assert_eq!(sendable(opaque_output(true, vec![1, 2])).await?.sum::<u32>(), 3);
    assert_eq!(sendable(generic::<3, u8, Fault>([0; 3])).await?, 3);
    assert_eq!(sendable(all("n".to_owned())).await.map_err(RetryError::into_error)?, "n7");
    assert_eq!(recursive(3).await?, 3);
    assert_eq!(sendable(instrumented("i".to_owned())).await?, "i");
    assert_eq!(stays_on_its_thread("rc".into()).await?, 2);
    Ok(())
}
