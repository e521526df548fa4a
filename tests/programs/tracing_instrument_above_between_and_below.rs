//! `#[tracing::instrument]`, plain and with `err`, `ret`, `skip` and `fields`, works in every
//! position.
//!
//! Attributes that wrap the body expand from top to bottom, and each wraps the current body. If
//! `instrument` is below all of our attributes, it makes one span and one event per call. If
//! `instrument` is above the lowest of them, it makes one span and one event per attempt.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};
use tracing::instrument;
use tracing_subscriber::fmt::format::FmtSpan;

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {}", self.0)
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

fn third() -> Result<u32, Fault> {
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

struct NotDebug;

#[instrument]
#[retry]
#[circuit_breaker(name = "plain above")]
async fn plain_above(text: &str) -> Result<u32, Fault> {
    tracing::info!(%text, "inside");
    tokio::task::yield_now().await;
    third()
}

#[retry]
#[instrument]
#[circuit_breaker(name = "plain between")]
async fn plain_between(text: String, mut list: Vec<u32>) -> Result<u32, Fault> {
    list.push(1);
    tracing::info!(?text, list = list.len(), "inside");
    tokio::task::yield_now().await;
    drop(text);
    third()
}

#[circuit_breaker(name = "plain below", order = explicit)]
#[retry]
#[instrument]
async fn plain_below((a, b): (u32, u32), _ignored: u32) -> Result<u32, Fault> {
    tracing::info!(a, b, "inside");
    third()
}

#[instrument(err, ret)]
#[retry(max_retries = 1)]
async fn err_above(text: String) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    drop(text);
    third()
}

#[retry(max_retries = 1)]
#[circuit_breaker(name = "err below")]
#[instrument(
    err(Debug, level = "warn"),
    ret(level = "info"),
    skip(hidden),
    fields(length = text.len(), %text, n = 1 + 1)
)]
async fn err_below(text: &str, hidden: NotDebugButClone) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    drop(hidden);
    third()
}

#[derive(Clone)]
struct NotDebugButClone;

#[retry(base_delay = "0s", max_retries = 1)]
#[instrument(err, skip_all, name = "renamed", level = "warn", target = "elsewhere")]
fn plain_function(not_debug: &NotDebug, by: u32) -> Result<u32, Fault> {
    let _ = not_debug;
    Ok(third()? + by)
}

#[instrument(ret, skip_all)]
#[circuit_breaker(name = "plain function", order = explicit)]
#[retry(base_delay = "0s")]
fn plain_function_above(not_debug: &mut NotDebug) -> Result<u32, Fault> {
    let _ = not_debug;
    third()
}

#[derive(Debug, Clone)]
struct Client {
    calls: u32,
}

impl Client {
    #[retry]
    #[instrument(skip(self, more), fields(calls = self.calls), err)]
    #[circuit_breaker(name = "method, traced")]
    async fn method(&mut self, more: &mut Vec<NotDebug>) -> Result<u32, Fault> {
        self.calls += 1;
        more.push(NotDebug);
        tokio::task::yield_now().await;
        third()
    }

    #[instrument(ret, skip(self))]
    #[retry]
    async fn owned(mut self, by: u32) -> Result<u32, Fault> {
        self.calls += by;
        third()?;
        Ok(self.calls)
    }
}

/// All logged text. The method `lines` counts the lines that contain all given texts.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self, with: &[&str]) -> usize {
        let log = self.0.lock().unwrap();
        let text = std::str::from_utf8(&log).unwrap();
        text.lines().filter(|line| with.iter().all(|part| line.contains(part))).count()
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
        CALLS.store(0, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_span_events(FmtSpan::NEW)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    assert_eq!(sendable(plain_above("x")).await, Ok(3));
    assert_eq!(log.lines(&["plain_above{text=\"x\"}", "new"]), 3);
    assert_eq!(log.lines(&["plain_above{text=\"x\"}", "inside", "text=x"]), 3);
    log.clear();
    assert_eq!(sendable(plain_between("x".to_owned(), vec![])).await, Ok(3));
    assert_eq!(log.lines(&["plain_between{text=\"x\" list=[]}", "new"]), 3);
    assert_eq!(log.lines(&["plain_between{text=\"x\" list=[]}", "inside", "list=1"]), 3);
    log.clear();
    assert_eq!(sendable(plain_below((1, 2), 3)).await, Ok(3));
    assert_eq!(log.lines(&["plain_below{a=1 b=2 _ignored=3}", "inside a=1 b=2"]), 3);
    assert_eq!(log.lines(&["plain_below{a=1 b=2 _ignored=3}", "new"]), 1);
    log.clear();

    assert_eq!(sendable(err_above("x".to_owned())).await, Err(Fault(2)));
    assert_eq!(log.lines(&["ERROR", "err_above{text=\"x\"}", "error=fault 1"]), 1);
    assert_eq!(log.lines(&["ERROR", "err_above{text=\"x\"}", "error=fault 2"]), 1);
    assert_eq!(log.lines(&["ERROR"]), 2);
    assert_eq!(sendable(err_above("x".to_owned())).await, Ok(3));
    assert_eq!(log.lines(&["INFO", "err_above", "return=3"]), 1);
    log.clear();
    assert_eq!(sendable(err_below("abc", NotDebugButClone)).await, Err(Fault(2)));
    assert_eq!(log.lines(&["WARN", "length=3", "text=abc", "n=2", "error=Fault(2)"]), 1);
    assert_eq!(log.lines(&["error="]), 1);
    assert_eq!(sendable(err_below("abc", NotDebugButClone)).await, Ok(3));
    assert_eq!(log.lines(&["INFO", "length=3", "return=3"]), 1);
    log.clear();

    assert_eq!(plain_function(&NotDebug, 1), Err(Fault(2)));
    assert_eq!(log.lines(&["ERROR", "renamed", "elsewhere", "error=fault 2"]), 1);
    assert_eq!(log.lines(&["ERROR"]), 1);
    assert_eq!(plain_function(&NotDebug, 1), Ok(4));
    log.clear();
    assert_eq!(plain_function_above(&mut NotDebug), Ok(3));
    assert_eq!(log.lines(&["plain_function_above", "return=Ok(3)"]), 1);
    log.clear();

    let mut client = Client { calls: 7 };
    let mut more = vec![];
    assert_eq!(sendable(client.method(&mut more)).await, Ok(3));
    assert_eq!((client.calls, more.len()), (10, 3));
    for calls in 7..=9 {
        assert_eq!(log.lines(&[&format!("method{{calls={calls}}}"), "new"]), 1);
    }
    assert_eq!(log.lines(&["ERROR"]), 2);
    assert_eq!(sendable(client.owned(2)).await, Ok(12));
    assert_eq!(log.lines(&["owned{by=2}", "return=Ok(12)"]), 1);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("plain above"), (1, 2));
    assert_eq!(totals("plain between"), (1, 2));
    assert_eq!(totals("plain below"), (1, 0));
    assert_eq!(totals("err below"), (1, 2));
    assert_eq!(totals("plain function"), (1, 0));
    assert_eq!(totals("method, traced"), (1, 2));
}
