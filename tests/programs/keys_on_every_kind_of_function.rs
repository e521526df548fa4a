//! A function with `key` has one breaker per key under one name, for every kind of function,
//! argument and stack.
#![deny(warnings)]

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use resilient::{CircuitOpen, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
enum Fault {
    Down,
    Open(String),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Fault::Open(open.breaker().to_owned())
    }
}

fn call(works: bool) -> Result<u32, Fault> {
    if works { Ok(1) } else { Err(Fault::Down) }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[derive(Debug, Clone)]
struct Order {
    region: String,
    id: u64,
    works: bool,
}

fn order(region: &str, works: bool) -> Order {
    Order { region: region.to_owned(), id: 7, works }
}

#[circuit_breaker(name = "free, by key", key = host, failure_threshold = 1)]
async fn free(host: &str, works: bool) -> Result<u32, Fault> {
    let _ = host;
    tokio::task::yield_now().await;
    call(works)
}

#[circuit_breaker(name = "plain", key = host, failure_threshold = 1)]
fn plain(host: String, works: bool) -> Result<u32, Fault> {
    drop(host);
    call(works)
}

#[circuit_breaker(name = "field", key = &*order.region, failure_threshold = 1, max_keys = 100)]
async fn field(order: Order) -> Result<u32, Fault> {
    let order = order;
    call(order.works)
}

#[circuit_breaker(name = "pattern", key = region, failure_threshold = 1)]
async fn pattern(Order { region, works, .. }: Order) -> Result<u32, Fault> {
    drop(region);
    call(works)
}

#[circuit_breaker(name = "number, by key", key = (id % 2 == 0, id).0, failure_threshold = 1)]
fn number((id, works): (u64, bool)) -> Result<u32, Fault> {
    call(works && id > 0)
}

#[circuit_breaker(
    name = "made",
    key = format!("{}/{}", order.region, order.id),
    failure_threshold = 1
)]
async fn made(order: &Order) -> Result<u32, Fault> {
    call(order.works)
}

#[circuit_breaker(
    name = "reused",
    key = { let host = host.trim(); host.to_lowercase() },
    failure_threshold = 1
)]
async fn reused(mut host: String, works: bool) -> Result<u32, Fault> {
    host.push('!');
    call(works)
}

#[circuit_breaker(name = "only for the key", key = host, failure_threshold = 1)]
async fn only_for_the_key(host: &str, works: bool) -> Result<u32, Fault> {
    call(works)
}

#[retry(max_retries = 1, base_delay = "0s")]
#[circuit_breaker(name = "retried", key = order.region, failure_threshold = 2)]
async fn retried(order: Order) -> Result<u32, Fault> {
    let Order { works, .. } = order;
    call(works)
}

#[circuit_breaker(name = "whole loop, by key", key = host, failure_threshold = 1, order = explicit)]
#[retry(max_retries = 1, base_delay = "0s")]
async fn whole_loop(host: String, works: bool) -> Result<u32, Fault> {
    drop(host);
    call(works)
}

#[retry(max_retries = 1, base_delay = "0s")]
#[circuit_breaker(name = "retried and plain", key = &*host, failure_threshold = 2)]
fn retried_and_plain(host: &mut String, works: bool) -> Result<u32, Fault> {
    host.clear();
    call(works)
}

#[circuit_breaker(name = "opaque, by key", key = host, failure_threshold = 1)]
fn opaque(host: &str, works: bool) -> impl Future<Output = Result<u32, Fault>> + Send {
    async move {
        let _ = host;
        call(works)
    }
}

#[circuit_breaker(name = "boxed, by key", key = host, failure_threshold = 1)]
fn boxed(host: &str, works: bool) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + '_>> {
    Box::pin(async move {
        let _ = host;
        call(works)
    })
}

struct Client {
    host: String,
    calls: u32,
}

impl Client {
    #[circuit_breaker(name = "shared, by key", key = self.host, failure_threshold = 1)]
    async fn shared(&self, works: bool) -> Result<u32, Fault> {
        call(works).map(|_| self.calls)
    }

    #[circuit_breaker(name = "exclusive, by key", key = &*self.host, failure_threshold = 1)]
    async fn exclusive(&mut self, works: bool) -> Result<u32, Fault> {
        self.calls += 1;
        self.host.clear();
        call(works)
    }

    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(
        name = "exclusive and retried",
        key = self.host.clone(),
        failure_threshold = 2
    )]
    async fn exclusive_and_retried(&mut self, works: bool) -> Result<u32, Fault> {
        let this = self;
        this.calls += 1;
        call(works)
    }

    #[circuit_breaker(name = "owned, by key", key = self.host, failure_threshold = 1)]
    async fn owned(self, works: bool) -> Result<u32, Fault> {
        drop(self);
        call(works)
    }

    #[circuit_breaker(name = "counted", key = &self.host[..], failure_threshold = 1)]
    async fn counted(self: Arc<Self>, works: bool) -> Result<u32, Fault> {
        drop(self);
        call(works)
    }

    #[circuit_breaker(name = "pinned", key = self.host, failure_threshold = 1)]
    async fn pinned(self: Pin<&mut Self>, works: bool) -> Result<u32, Fault> {
        self.get_mut().calls += 1;
        call(works)
    }

    #[circuit_breaker(
        name = "plain and exclusive",
        key = self.host,
        failure_threshold = 1,
        order = explicit
    )]
    #[retry(max_retries = 1, base_delay = "0s")]
    fn plain_and_exclusive(&mut self, works: bool) -> Result<u32, Fault> {
        self.calls += 1;
        call(works)
    }
}

trait Native {
    fn host(&self) -> &str;

    #[circuit_breaker(name = "by default", key = self.host(), failure_threshold = 1)]
    fn by_default(&self, works: bool) -> Result<u32, Fault> {
        call(works)
    }
}

impl Native for Client {
    fn host(&self) -> &str {
        &self.host
    }
}

#[async_trait]
trait Api {
    async fn shared(&self, host: &str, works: bool) -> Result<u32, Fault>;
    async fn exclusive(&mut self, works: bool) -> Result<u32, Fault>;

    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(name = "async_trait by default", key = host, failure_threshold = 2)]
    async fn by_default(&self, host: String, works: bool) -> Result<u32, Fault> {
        drop(host);
        call(works)
    }
}

#[async_trait]
impl Api for Client {
    #[circuit_breaker(
        name = "async_trait shared",
        key = format!("{host} of {}", self.host),
        failure_threshold = 1
    )]
    async fn shared(&self, host: &str, works: bool) -> Result<u32, Fault> {
        let _ = (host, self.calls);
        call(works)
    }

    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(name = "async_trait exclusive", key = self.host, failure_threshold = 2)]
    async fn exclusive(&mut self, works: bool) -> Result<u32, Fault> {
        self.calls += 1;
        call(works)
    }
}

/// Makes a failing call with one key, then a call with the same key, then a call with another key.
/// The open circuit rejects the second call, and the third call succeeds.
macro_rules! check {
    ($name:literal, $fails:expr, $same:expr, $other:expr) => {
        assert_eq!($fails, Err(Fault::Down), $name);
        assert_eq!($same, Err(Fault::Open($name.to_owned())), $name);
        assert_eq!($other, Ok(1), $name);
    };
}

fn client(host: &str) -> Client {
    Client { host: host.to_owned(), calls: 1 }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let (a, b) = (|| "a".to_owned(), || "b".to_owned());
    check!(
        "free, by key",
        sendable(free("a", false)).await,
        free("a", true).await,
        free("b", true).await
    );
    check!("plain", plain(a(), false), plain(a(), true), plain(b(), true));
    check!(
        "field",
        sendable(field(order("a", false))).await,
        field(order("a", true)).await,
        field(order("b", true)).await
    );
    check!(
        "pattern",
        sendable(pattern(order("a", false))).await,
        pattern(order("a", true)).await,
        pattern(order("b", true)).await
    );
    check!("number, by key", number((2, false)), number((4, true)), number((1, true)));
    check!(
        "made",
        sendable(made(&order("a", false))).await,
        made(&order("a", true)).await,
        made(&order("b", true)).await
    );
    check!(
        "reused",
        sendable(reused(" A".to_owned(), false)).await,
        reused("a".to_owned(), true).await,
        reused("b".to_owned(), true).await
    );
    check!(
        "only for the key",
        only_for_the_key("a", false).await,
        only_for_the_key("a", true).await,
        only_for_the_key("b", true).await
    );
    check!(
        "retried",
        sendable(retried(order("a", false))).await,
        retried(order("a", true)).await,
        retried(order("b", true)).await
    );
    check!(
        "whole loop, by key",
        sendable(whole_loop(a(), false)).await,
        whole_loop(a(), true).await,
        whole_loop(b(), true).await
    );
    check!(
        "retried and plain",
        retried_and_plain(&mut a(), false),
        retried_and_plain(&mut a(), true),
        retried_and_plain(&mut b(), true)
    );
    check!(
        "opaque, by key",
        sendable(opaque("a", false)).await,
        opaque("a", true).await,
        opaque("b", true).await
    );
    check!(
        "boxed, by key",
        boxed("a", false).await,
        boxed("a", true).await,
        boxed("b", true).await
    );
    methods().await;
    traits().await;
}

async fn methods() {
    check!(
        "shared, by key",
        sendable(client("a").shared(false)).await,
        client("a").shared(true).await,
        client("b").shared(true).await
    );
    check!(
        "exclusive, by key",
        sendable(client("a").exclusive(false)).await,
        client("a").exclusive(true).await,
        client("b").exclusive(true).await
    );
    check!(
        "exclusive and retried",
        sendable(client("a").exclusive_and_retried(false)).await,
        client("a").exclusive_and_retried(true).await,
        client("b").exclusive_and_retried(true).await
    );
    check!(
        "owned, by key",
        sendable(client("a").owned(false)).await,
        client("a").owned(true).await,
        client("b").owned(true).await
    );
    check!(
        "counted",
        sendable(Arc::new(client("a")).counted(false)).await,
        Arc::new(client("a")).counted(true).await,
        Arc::new(client("b")).counted(true).await
    );
    check!(
        "pinned",
        sendable(Pin::new(&mut client("a")).pinned(false)).await,
        Pin::new(&mut client("a")).pinned(true).await,
        Pin::new(&mut client("b")).pinned(true).await
    );
    check!(
        "plain and exclusive",
        client("a").plain_and_exclusive(false),
        client("a").plain_and_exclusive(true),
        client("b").plain_and_exclusive(true)
    );
}

async fn traits() {
    check!(
        "by default",
        Native::by_default(&client("a"), false),
        Native::by_default(&client("a"), true),
        Native::by_default(&client("b"), true)
    );
    let (a, b) = (client("a"), client("b"));
    check!(
        "async_trait shared",
        Api::shared(&a, "x", false).await,
        Api::shared(&a, "x", true).await,
        Api::shared(&a, "y", true).await
    );
    assert_eq!(Api::shared(&b, "x", true).await, Ok(1));
    check!(
        "async_trait exclusive",
        Api::exclusive(&mut client("a"), false).await,
        Api::exclusive(&mut client("a"), true).await,
        Api::exclusive(&mut client("b"), true).await
    );
    let name = || "x".to_owned();
    check!(
        "async_trait by default",
        Api::by_default(&a, name(), false).await,
        Api::by_default(&b, name(), true).await,
        Api::by_default(&b, "y".to_owned(), true).await
    );
}
