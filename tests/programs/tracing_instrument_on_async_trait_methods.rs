//! `#[instrument(err)]` works above and below our attributes, in an `#[async_trait]` impl and on a
//! function that returns a boxed future.
//!
//! Below all of our attributes, `instrument` sees the whole call. Above the lowest of our
//! attributes, it sees each attempt.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};
use tracing::instrument;

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

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[async_trait]
trait Api {
    async fn above(&self, text: String) -> Result<u32, Fault>;
    async fn between(&self, text: &str) -> Result<u32, Fault>;
    async fn below(&mut self, list: Vec<u32>) -> Result<u32, Fault>;
    async fn below_fallback(&self) -> Result<u32, Fault>;
}

#[derive(Debug, Default)]
struct Client(AtomicU32);

impl Client {
    fn next(&self) -> Result<u32, Fault> {
        Err(Fault(self.0.fetch_add(1, SeqCst) + 1))
    }
}

#[async_trait]
impl Api for Client {
    #[resilient::fallback(value = 7)]
    #[circuit_breaker]
    #[instrument(skip_all, err)]
    async fn below_fallback(&self) -> Result<u32, Fault> {
        self.next()
    }

    #[instrument(err)]
    #[retry(max_retries = 2)]
    #[circuit_breaker(name = "above, in traits")]
    async fn above(&self, text: String) -> Result<u32, Fault> {
        tracing::info!(text, "inside");
        tokio::task::yield_now().await;
        self.next()
    }

    #[retry(max_retries = 2)]
    #[instrument(err, skip(self), fields(own = text.len()))]
    #[circuit_breaker(name = "between, in traits")]
    async fn between(&self, text: &str) -> Result<u32, Fault> {
        tracing::info!(text, "inside");
        tokio::task::yield_now().await;
        self.next()
    }

    #[circuit_breaker(name = "below, in traits", order = explicit)]
    #[retry(max_retries = 2)]
    #[instrument(err)]
    async fn below(&mut self, list: Vec<u32>) -> Result<u32, Fault> {
        tracing::info!(?list, "inside");
        tokio::task::yield_now().await;
        self.next()
    }
}

#[retry(max_retries = 2)]
#[instrument(err)]
fn boxed(client: &Client) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + '_>> {
    Box::pin(async move {
        tracing::info!("inside");
        client.next()
    })
}

#[instrument(err)]
#[retry(max_retries = 2)]
fn boxed_above(client: &Client) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + '_>> {
    Box::pin(async move {
        tracing::info!("inside");
        client.next()
    })
}

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
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let check = |span, calls: &AtomicU32, errors| {
        assert_eq!(calls.swap(0, SeqCst), 3, "{span}");
        assert_eq!(log.lines(&["INFO", span, "inside"]), 3, "{span}");
        assert_eq!(log.lines(&["ERROR", span, "fault 3"]), 1, "{span}");
        assert_eq!(log.lines(&["ERROR"]), errors, "{span}");
        log.0.lock().unwrap().clear();
    };

    let mut client = Client::default();
    assert_eq!(sendable(client.above("x".to_owned())).await, Err(Fault(3)));
    check("above{self=Client", &client.0, 3);
    assert_eq!(sendable(client.between("abc")).await, Err(Fault(3)));
    check("between{text=\"abc\" own=3}", &client.0, 3);
    assert_eq!(sendable(client.below(vec![1])).await, Err(Fault(3)));
    check("below{self=Client", &client.0, 1);
    assert_eq!(sendable(boxed(&client)).await, Err(Fault(3)));
    check("boxed{client=Client", &client.0, 1);
    assert_eq!(sendable(boxed_above(&client)).await, Err(Fault(3)));
    check("boxed_above{client=Client", &client.0, 3);
    let failures = |name| Registry::global().get(name).unwrap().snapshot().totals.failure;
    assert_eq!(
        (
            failures("above, in traits"),
            failures("between, in traits"),
            failures("below, in traits")
        ),
        (3, 3, 1)
    );
}
