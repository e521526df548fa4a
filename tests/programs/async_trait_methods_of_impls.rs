//! The attributes work on methods of an `#[async_trait]` impl: with every receiver, with owned,
//! borrowed and destructured arguments, and as `Send` behind `dyn`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use async_trait::async_trait;
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

#[async_trait]
trait Api: Send + Sync {
    async fn shared(&self, key: &str) -> Result<usize, Fault>;
    async fn exclusive(&mut self, by: u32) -> Result<u32, Fault>;
    async fn owned(self: Box<Self>) -> Result<u32, Fault>;
    async fn counted(self: Arc<Self>) -> Result<u32, Fault>;
    async fn arguments(
        &self,
        text: String,
        mut list: Vec<u32>,
        (a, b): (u32, u32),
        exclusive: &mut u32,
    ) -> Result<(String, Vec<u32>, u32), Fault>;
    async fn generic<T: Clone + Send + 'static>(&self, value: T) -> Result<T, Fault>
    where
        Self: Sized;
    async fn nothing(&self);
    async fn made() -> Option<Self>
    where
        Self: Sized;
}

#[derive(Default)]
struct Client {
    calls: AtomicU32,
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self { calls: AtomicU32::new(self.calls.load(SeqCst)) }
    }
}

static OWNED: AtomicU32 = AtomicU32::new(0);

impl Client {
    async fn third(&self) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        match self.calls.fetch_add(1, SeqCst) + 1 {
            n if n % 3 == 0 => Ok(n),
            n => Err(Fault(n)),
        }
    }
}

#[async_trait]
impl Api for Client {
    #[retry]
    async fn shared(&self, key: &str) -> Result<usize, Fault> {
        self.third().await?;
        Ok(key.len())
    }

    #[retry]
    #[circuit_breaker(name = "async_trait, retry above")]
    async fn exclusive(&mut self, by: u32) -> Result<u32, Fault> {
        *self.calls.get_mut() += by;
        let n = self.third().await?;
        Ok(n)
    }

    #[retry(max_retries = 1)]
    async fn owned(self: Box<Self>) -> Result<u32, Fault> {
        OWNED.fetch_add(1, SeqCst);
        self.third().await
    }

    #[circuit_breaker(name = "async_trait, breaker above", order = explicit)]
    #[retry]
    async fn counted(self: Arc<Self>) -> Result<u32, Fault> {
        tokio::spawn(async move { self.third().await }).await.unwrap()
    }

    #[retry]
    async fn arguments(
        &self,
        text: String,
        mut list: Vec<u32>,
        (a, b): (u32, u32),
        exclusive: &mut u32,
    ) -> Result<(String, Vec<u32>, u32), Fault> {
        list.push(a + b);
        *exclusive += 1;
        self.third().await?;
        Ok((text, list, *exclusive))
    }

    #[retry]
    async fn generic<T: Clone + Send + 'static>(&self, value: T) -> Result<T, Fault> {
        self.third().await.map(|_| value)
    }

    #[retry(retry_when = |_| self.calls.load(SeqCst) % 3 != 0)]
    async fn nothing(&self) {
        let _ = self.third().await;
    }

    #[circuit_breaker]
    async fn made() -> Option<Self> {
        Some(Self::default())
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut client: Box<dyn Api> = Box::new(Client::default());
    assert_eq!(sendable(client.shared("key")).await, Ok(3));
    assert_eq!(sendable(client.exclusive(1)).await, Ok(9), "5, 7, 9");
    let mut count = 0;
    let arguments = client.arguments("t".to_owned(), vec![0], (1, 2), &mut count);
    assert_eq!(sendable(arguments).await, Ok(("t".to_owned(), vec![0, 3], 3)));
    sendable(client.nothing()).await;
    assert_eq!(sendable(client.owned()).await, Err(Fault(16)), "each attempt has its own copy");
    assert_eq!(OWNED.load(SeqCst), 2);

    let client = Arc::new(Client::made().await.unwrap());
    assert_eq!(sendable(client.clone().counted()).await, Ok(3));
    assert_eq!(sendable(client.generic('x')).await, Ok('x'));
    assert_eq!(client.calls.load(SeqCst), 6);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("async_trait, retry above"), (1, 2));
    assert_eq!(totals("async_trait, breaker above"), (1, 0));
}
