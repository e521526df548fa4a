//! The attributes work on traits that `trait_variant::make` rewrites, with default and implemented
//! methods.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

#[trait_variant::make(Send)]
trait Api: Sync {
    async fn get(&self, key: &str) -> Option<usize>;

    // In this trait, an `async fn` cannot have a body, with or without our attribute:
    // `trait_variant::make` does not turn the body into a future.
    #[retry]
    #[circuit_breaker(name = "variant, by default")]
    fn by_default(&self, key: &str) -> impl Future<Output = Option<usize>> {
        async move { self.get(key).await }
    }
}

#[allow(dead_code)]
#[trait_variant::make(SendStore: Send)]
trait LocalStore {
    async fn load(&mut self) -> Option<u32>;
    fn promised(&self) -> impl Future<Output = Option<u32>>;
}

#[derive(Default)]
struct Client(AtomicU32);

impl Client {
    fn third(&self) -> Option<u32> {
        let n = self.0.fetch_add(1, SeqCst) + 1;
        (n % 3 == 0).then_some(n)
    }
}

impl Api for Client {
    async fn get(&self, key: &str) -> Option<usize> {
        tokio::task::yield_now().await;
        self.third().map(|_| key.len())
    }
}

impl SendStore for Client {
    #[retry]
    #[circuit_breaker(name = "variant")]
    async fn load(&mut self) -> Option<u32> {
        tokio::task::yield_now().await;
        self.third()
    }

    #[circuit_breaker(order = explicit)]
    #[retry]
    async fn promised(&self) -> Option<u32> {
        self.third()
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

async fn generic<S: SendStore>(store: &mut S) -> Option<u32> {
    sendable(store.load()).await
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut client = Client::default();
    assert_eq!(sendable(client.by_default("key")).await, Some(3));
    assert_eq!(generic(&mut client).await, Some(6));
    assert_eq!(sendable(SendStore::promised(&client)).await, Some(9));
    for name in ["variant", "variant, by default"] {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        assert_eq!((totals.failure, totals.success), (2, 1));
    }
}
