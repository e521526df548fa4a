//! A rejected call does not run the body. It returns an error made by `From`, `None`, or the output
//! of `on_open`, which can use the arguments and `self`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use async_trait::async_trait;
use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
enum Fault {
    Busy,
    Open(String),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Fault::Open(open.breaker().to_owned())
    }
}

fn busy<T>() -> Result<T, Fault> {
    CALLS.fetch_add(1, SeqCst);
    Err(Fault::Busy)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[circuit_breaker(name = "by from", failure_threshold = 2)]
async fn by_from(_text: String) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    busy()
}

#[retry(max_retries = 5)]
#[circuit_breaker(name = "stops", failure_threshold = 2)]
async fn stops() -> Result<u32, Fault> {
    busy()
}

#[circuit_breaker(name = "whole loop, rejected", failure_threshold = 2, order = explicit)]
#[retry(max_retries = 1, base_delay = "0s")]
fn whole_loop() -> Result<u32, Fault> {
    busy()
}

#[circuit_breaker(name = "none", failure_threshold = 2)]
fn none(_: &mut u32) -> Option<u32> {
    busy().ok()
}

#[retry(max_retries = 1)]
#[circuit_breaker(
    name = "cached",
    failure_threshold = 2,
    on_open = |_| Ok(format!("cached {text}"))
)]
async fn cached(text: String) -> Result<String, Fault> {
    drop(text);
    busy()
}

/// A constructor takes the rejection.
#[circuit_breaker(
    name = "constructor, rejected",
    failure_threshold = 1,
    failure_when = Result::is_ok,
    on_open = Err
)]
fn constructor() -> Result<u32, CircuitOpen> {
    Ok(CALLS.fetch_add(1, SeqCst))
}

#[derive(Debug)]
enum Reply {
    Failed,
    Rejected(CircuitOpen),
}

#[circuit_breaker(
    name = "variant, rejected",
    failure_threshold = 1,
    failure_when = |reply| matches!(reply, Reply::Failed),
    on_open = Reply::Rejected
)]
async fn variant() -> Reply {
    CALLS.fetch_add(1, SeqCst);
    Reply::Failed
}

struct Client {
    breaker: CircuitBreaker,
    cached: u32,
}

impl Client {
    #[circuit_breaker(
        breaker = self.breaker,
        on_open = |open: CircuitOpen| Ok((self.cached + by, open.state()))
    )]
    async fn own(&self, by: u32) -> Result<(u32, CircuitState), Fault> {
        busy()
    }

    #[retry(max_retries = 1)]
    #[circuit_breaker(breaker = self.breaker.clone(), on_open = |_| Ok(self.cached))]
    async fn own_and_exclusive(&mut self) -> Result<u32, Fault> {
        self.cached += 1;
        busy()
    }

    #[circuit_breaker(breaker = self.breaker)]
    async fn own_and_counted(self: Arc<Self>) -> Result<u32, Fault> {
        let _this = self;
        busy()
    }
}

#[async_trait]
trait Api {
    async fn call(&self, id: u32) -> Result<u32, Fault>;
}

#[async_trait]
impl Api for Client {
    #[retry(max_retries = 1)]
    #[circuit_breaker(name = "async_trait", failure_threshold = 2, on_open = |_| Ok(id))]
    async fn call(&self, id: u32) -> Result<u32, Fault> {
        let _ = id;
        busy()
    }
}

#[circuit_breaker(name = "opaque, rejected", failure_threshold = 2)]
fn opaque(text: &str) -> impl Future<Output = Result<usize, Fault>> + Send {
    async move {
        busy::<u32>()?;
        Ok(text.len())
    }
}

#[circuit_breaker(name = "boxed, rejected", failure_threshold = 2, on_open = |_| Ok(text.len()))]
fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<usize, Fault>> + Send + '_>> {
    Box::pin(async move {
        busy::<u32>()?;
        Ok(text.len())
    })
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    let open = |name: &str| Fault::Open(name.to_owned());
    for _ in 0..2 {
        assert_eq!(sendable(by_from("x".to_owned())).await, Err(Fault::Busy));
    }
    assert_eq!(sendable(by_from("x".to_owned())).await, Err(open("by from")));
    counted(2);
    assert_eq!(sendable(stops()).await, Err(Fault::Busy));
    counted(2);
    assert_eq!(sendable(stops()).await, Err(open("stops")));
    counted(0);
    assert_eq!(
        (whole_loop(), whole_loop(), whole_loop()),
        (Err(Fault::Busy), Err(Fault::Busy), Err(open("whole loop, rejected")))
    );
    counted(4);
    assert_eq!((none(&mut 1), none(&mut 1), none(&mut 1)), (None, None, None));
    counted(2);
    assert_eq!(sendable(cached("x".to_owned())).await, Err(Fault::Busy));
    assert_eq!(sendable(cached("x".to_owned())).await.as_deref(), Ok("cached x"));
    counted(2);
    assert_eq!(constructor().ok(), Some(0));
    assert_eq!(
        constructor().map_err(|open| open.breaker().to_owned()),
        Err("constructor, rejected".to_owned())
    );
    assert!(matches!(sendable(variant()).await, Reply::Failed));
    let rejected = sendable(variant()).await;
    assert!(matches!(rejected, Reply::Rejected(open) if open.breaker() == "variant, rejected"));
    counted(2);
    let mut client = Client { breaker: CircuitBreaker::default(), cached: 7 };
    assert_eq!(sendable(client.own(1)).await, Err(Fault::Busy));
    client.breaker.force_open();
    assert_eq!(sendable(client.own(1)).await, Ok((8, CircuitState::ForcedOpen)));
    assert_eq!(sendable(client.own_and_exclusive()).await, Ok(7));
    counted(1);
    client.breaker.close();
    assert_eq!(sendable(client.own_and_exclusive()).await, Err(Fault::Busy));
    assert_eq!(client.cached, 9);
    counted(2);
    assert_eq!(sendable(client.call(5)).await, Err(Fault::Busy));
    assert_eq!(sendable(client.call(5)).await, Ok(5));
    counted(2);
    let client = Arc::new(client);
    client.breaker.force_open();
    assert!(matches!(sendable(client.own_and_counted()).await, Err(Fault::Open(_))));
    counted(0);
    for _ in 0..2 {
        assert_eq!(sendable(opaque("x")).await, Err(Fault::Busy));
        assert_eq!(sendable(boxed("x")).await, Err(Fault::Busy));
    }
    assert_eq!(sendable(opaque("x")).await, Err(open("opaque, rejected")));
    assert_eq!(sendable(boxed("abc")).await, Ok(3));
    counted(4);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure, totals.rejected)
    };
    for name in ["by from", "whole loop, rejected", "none", "opaque, rejected", "boxed, rejected"] {
        assert_eq!(totals(name), (0, 2, 1), "{name}");
    }
    for name in ["cached", "async_trait"] {
        assert_eq!(totals(name), (0, 2, 1), "{name}");
    }
    assert_eq!(totals("stops"), (0, 2, 1));
}
