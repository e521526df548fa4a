//! The attributes work on functions that return `impl Future`: with and without `Send`, with
//! `use<…>`, with named lifetimes, and with a body of several statements.

use std::future::{self, Future};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

static CALLS: AtomicU32 = AtomicU32::new(0);

async fn third() -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
fn promised(text: String) -> impl Future<Output = Result<String, Fault>> + Send {
    async move {
        third().await?;
        Ok(text)
    }
}

/// Without `+ Send`, the captured values decide whether the future is `Send`.
#[retry]
#[circuit_breaker(name = "opaque, retry above")]
fn unpromised(text: String) -> impl Future<Output = Result<usize, Fault>> {
    async move {
        third().await?;
        Ok(text.len())
    }
}

#[circuit_breaker(name = "opaque, breaker above", order = explicit)]
#[retry]
fn on_its_thread(text: Rc<str>) -> impl Future<Output = Result<Rc<str>, Fault>> {
    async move { third().await.map(|_| text) }
}

#[retry]
fn captures_nothing(_text: &str) -> impl Future<Output = Result<u32, Fault>> + Send + use<> {
    third()
}

#[retry]
fn captures_some<'a, 'b, T: Send + Sync>(
    kept: &'a T,
    _dropped: &'b str,
) -> impl Future<Output = Result<&'a T, Fault>> + Send + use<'a, T> {
    async move { third().await.map(|_| kept) }
}

#[retry]
fn named<'a>(text: &'a str) -> impl future::Future<Output = Result<&'a str, Fault>> + Send + 'a {
    async move {
        third().await?;
        Ok(text)
    }
}

/// Every attempt runs the whole body.
#[retry]
fn with_statements(text: &str, made: &AtomicU32) -> impl Future<Output = Result<usize, Fault>> {
    let length = text.len();
    made.fetch_add(1, SeqCst);
    if length > 100 {
        unreachable!();
    }
    let future = third();
    async move { Ok(future.await? as usize + length) }
}

struct Client(AtomicU32);

impl Client {
    #[circuit_breaker(name = "opaque method")]
    fn method(&self, by: u32) -> impl Future<Output = Result<u32, Fault>> + Send + '_ {
        async move {
            let n = third().await?;
            Ok(self.0.fetch_add(n + by, SeqCst))
        }
    }

    #[retry]
    fn exclusive<'a>(
        &'a mut self,
        log: &'a mut Vec<u32>,
    ) -> impl Future<Output = Result<usize, Fault>> + Send {
        async move {
            log.push(*self.0.get_mut());
            *self.0.get_mut() += 1;
            third().await?;
            Ok(log.len())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    let lazy = promised("never polled".to_owned());
    drop(lazy);
    counted(0);
    assert_eq!(sendable(promised("x".to_owned())).await.as_deref(), Ok("x"));
    counted(3);
    assert_eq!(sendable(unpromised("x".to_owned())).await, Ok(1));
    counted(3);
    assert_eq!(on_its_thread("y".into()).await.as_deref(), Ok("y"));
    counted(3);
    let future = captures_nothing(&String::from("gone"));
    assert_eq!(sendable(future).await, Ok(3));
    counted(3);
    let kept = 7;
    let future = captures_some(&kept, &String::from("gone"));
    assert_eq!(sendable(future).await, Ok(&7));
    counted(3);
    assert_eq!(sendable(named("z")).await, Ok("z"));
    counted(3);
    let made = AtomicU32::new(0);
    assert_eq!(sendable(with_statements("four", &made)).await, Ok(7));
    assert_eq!(made.load(SeqCst), 3);
    counted(3);
    let mut client = Client(AtomicU32::new(0));
    assert_eq!(sendable(client.method(1)).await, Err(Fault(1)));
    counted(1);
    let mut log = vec![];
    assert_eq!(sendable(client.exclusive(&mut log)).await, Ok(3));
    assert_eq!(log, [0, 1, 2]);
    counted(3);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("opaque, retry above"), (1, 2));
    assert_eq!(totals("opaque, breaker above"), (1, 0));
    assert_eq!(totals("opaque method"), (0, 1));
}
