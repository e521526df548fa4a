//! The attributes work on functions whose body makes the future in several blocks, with adapters,
//! casts and opaque outputs.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};
use tracing::Instrument;

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

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
fn instrumented(text: String) -> impl Future<Output = Result<String, Fault>> + Send {
    async move { third().await.map(|_| text) }.instrument(tracing::info_span!("inner"))
}

#[retry]
#[circuit_breaker(name = "cast")]
fn cast(by: u32) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send>> {
    Box::pin(async move { Ok(third().await? + by) })
        as Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send>>
}

#[circuit_breaker(name = "exclusive, statement", order = explicit)]
#[retry]
fn exclusive<'a>(
    log: &'a mut Vec<u32>,
    text: &'a str,
) -> impl Future<Output = Result<usize, Fault>> + Send + 'a {
    log.push(1);
    let length = text.len();
    async move {
        log.push(2);
        third().await?;
        Ok(log.len() + length)
    }
}

#[retry]
fn owned(
    mut list: Vec<u32>,
    text: String,
) -> impl Future<Output = Result<(Vec<u32>, String), Fault>> {
    list.push(text.len() as u32);
    async move { third().await.map(|_| (list, text)) }
}

#[retry]
fn opaque_output(
    end: u32,
) -> impl Future<Output = Result<impl Iterator<Item = u32> + Send, Fault>> + Send {
    async move {
        third().await?;
        Ok(0..end)
    }
}

#[retry]
fn in_a_named_box(by: u32) -> Pin<Box<impl Future<Output = Result<u32, Fault>> + Send>> {
    Box::pin(async move { third().await.map(|n| n + by) })
}

struct Client {
    calls: u32,
}

impl Client {
    #[retry]
    #[circuit_breaker(name = "timeout")]
    fn in_time(&mut self) -> impl Future<Output = Result<u32, Fault>> + Send {
        self.calls += 1;
        let calls = self.calls;
        let future = tokio::time::timeout(Duration::from_secs(1), third());
        async move { future.await.map_err(|_| Fault(0))?.map(|_| calls) }
    }
}

/// The function returns a `Result` that contains a future. The retry repeats the function, not the
/// future.
#[retry(base_delay = "0s")]
fn made(
    calls: &AtomicU32,
) -> Result<impl Future<Output = Result<u32, Fault>> + Send + use<>, Fault> {
    match calls.fetch_add(1, SeqCst) + 1 {
        n @ ..3 => Err(Fault(n)),
        _ => Ok(third()),
    }
}

#[retry(base_delay = "0s")]
fn made_and_boxed(calls: &AtomicU32) -> Option<Pin<Box<dyn Future<Output = u32>>>> {
    (calls.fetch_add(1, SeqCst) > 1).then(|| Box::pin(async { 7_u32 }) as _)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(sendable(instrumented("x".to_owned())).await.as_deref(), Ok("x"));
    assert_eq!(sendable(cast(1)).await, Ok(7));
    counted(6);
    let mut log = vec![];
    assert_eq!(sendable(exclusive(&mut log, "x")).await, Ok(7));
    assert_eq!(log, [1, 2, 1, 2, 1, 2]);
    counted(3);
    let output = sendable(owned(vec![0], "x".to_owned())).await;
    assert_eq!(output, Ok((vec![0, 1], "x".to_owned())));
    assert_eq!(sendable(opaque_output(4)).await.unwrap().sum::<u32>(), 6);
    assert_eq!(sendable(in_a_named_box(1)).await, Ok(10));
    counted(9);
    let mut client = Client { calls: 0 };
    assert_eq!(sendable(client.in_time()).await, Ok(3));
    counted(3);
    let calls = AtomicU32::new(0);
    assert_eq!(sendable(made(&calls).unwrap()).await, Err(Fault(1)));
    assert_eq!(calls.swap(0, SeqCst), 3);
    assert_eq!(made_and_boxed(&calls).unwrap().await, 7);
    assert_eq!(calls.load(SeqCst), 3);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((totals("cast").failure, totals("cast").success), (2, 1));
    assert_eq!(
        (totals("exclusive, statement").failure, totals("exclusive, statement").success),
        (0, 1)
    );
    assert_eq!((totals("timeout").failure, totals("timeout").success), (2, 1));
}
