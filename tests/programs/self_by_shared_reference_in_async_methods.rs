//! The attributes work on async methods with `&self`, alone and stacked in both orders, with locks
//! and borrowed outputs.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

#[derive(Default)]
struct Client {
    calls: AtomicU32,
    cache: Mutex<HashMap<String, u32>>,
    name: String,
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

fn totals(name: &str) -> (u64, u64) {
    let totals = Registry::global().get(name).unwrap().snapshot().totals;
    (totals.success, totals.failure)
}

impl Client {
    async fn third(&self) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        match self.calls.fetch_add(1, SeqCst) + 1 {
            n if n % 3 == 0 => Ok(n),
            n => Err(Fault(n)),
        }
    }

    #[retry]
    async fn retried(&self, key: &str) -> Result<u32, Fault> {
        let n = self.third().await?;
        let mut cache = self.cache.lock().unwrap();
        *cache.entry(key.to_owned()).or_default() += n;
        Ok(cache[key])
    }

    #[circuit_breaker(name = "shared self")]
    async fn broken(&self) -> Result<u32, Fault> {
        self.third().await
    }

    #[retry]
    #[circuit_breaker(name = "shared self, retry above")]
    async fn retry_above(&self) -> Result<(u32, &str), Fault> {
        let n = self.third().await?;
        Ok((n, &self.name))
    }

    #[circuit_breaker(name = "shared self, breaker above", order = explicit)]
    #[retry]
    async fn breaker_above<'a>(&self, key: &'a str) -> Result<(u32, &'a str), Fault> {
        Ok((self.third().await?, key))
    }

    #[retry]
    async fn longest<'a, 'b>(&'a self, key: &'b str) -> Result<&'a str, Fault>
    where
        'b: 'a,
    {
        let this @ Self { name, .. } = self;
        this.third().await?;
        Ok(if name.len() > key.len() { name } else { key })
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let client = Client { name: "a name".to_owned(), ..Client::default() };
    assert_eq!(sendable(client.retried("x")).await, Ok(3));
    assert_eq!(client.calls.load(SeqCst), 3);
    assert_eq!(sendable(client.broken()).await, Err(Fault(4)));
    assert_eq!(totals("shared self"), (0, 1));
    client.calls.store(0, SeqCst);
    assert_eq!(sendable(client.retry_above()).await, Ok((3, "a name")));
    assert_eq!(totals("shared self, retry above"), (1, 2));
    assert_eq!(sendable(client.breaker_above("key")).await, Ok((6, "key")));
    assert_eq!(totals("shared self, breaker above"), (1, 0));
    assert_eq!(client.calls.load(SeqCst), 6);
    assert_eq!(sendable(client.longest("key")).await, Ok("a name"));
    assert_eq!(client.calls.load(SeqCst), 9);
}
