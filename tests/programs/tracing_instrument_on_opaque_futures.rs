//! `#[instrument(err)]` works above and below our attributes on a function that returns `impl
//! Future`. It makes one span per future or per attempt.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use resilient::{circuit_breaker, retry};
use tracing::instrument;

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

async fn next(calls: &AtomicU32) -> Result<u32, String> {
    tracing::info!("inside");
    tokio::task::yield_now().await;
    Err(format!("fault {}", calls.fetch_add(1, SeqCst) + 1))
}

#[instrument(err, skip(calls))]
#[retry(max_retries = 2)]
fn above(calls: &AtomicU32, text: &str) -> impl Future<Output = Result<u32, String>> + Send {
    async move { next(calls).await }
}

#[retry(max_retries = 2)]
#[instrument(err, skip(calls))]
fn below(calls: &AtomicU32, text: &str) -> impl Future<Output = Result<u32, String>> + Send {
    async move { next(calls).await }
}

#[circuit_breaker(on_open = |_| Err(String::new()), order = explicit)]
#[instrument(err, skip(calls))]
#[retry(max_retries = 2)]
fn between(calls: &AtomicU32, text: &str) -> impl Future<Output = Result<u32, String>> + Send {
    async move { next(calls).await }
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
    let check = |span, errors| {
        assert_eq!(log.lines(&["INFO", span, "inside"]), 3, "{span}");
        assert_eq!(log.lines(&["ERROR", span, "fault 3"]), 1, "{span}");
        assert_eq!(log.lines(&["ERROR"]), errors, "{span}");
        log.0.lock().unwrap().clear();
    };
    let calls = AtomicU32::new(0);
    assert!(sendable(above(&calls, "x")).await.is_err());
    assert_eq!(calls.swap(0, SeqCst), 3);
    check("above{text=\"x\"}", 3);
    assert!(sendable(below(&calls, "x")).await.is_err());
    assert_eq!(calls.swap(0, SeqCst), 3);
    check("below{text=\"x\"}", 1);
    assert!(sendable(between(&calls, "x")).await.is_err());
    assert_eq!(calls.swap(0, SeqCst), 3);
    check("between{text=\"x\"}", 3);
}
