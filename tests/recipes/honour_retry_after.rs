//! The recipe that waits as long as the dependency asks.

use super::dependency;

// excerpt: recipe
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};
use std::time::Duration;

#[derive(Debug, Classify)]
enum PostError {
    #[throttled] // retried; ignored by the breaker
    #[allow(dead_code, reason = "its effect is that of the other variant")] // not shown
    #[retry_after(0)]
    TooMany(Option<Duration>),
    #[transient] // retried; a failure for the breaker
    #[retry_after(0)]
    Unavailable(Option<Duration>),
    #[circuit_open]
    Open(CircuitOpen),
    #[timed_out]
    Late(TimedOut),
}

#[retry(attempt_timeout = "2s", max_retry_after = "30s")]
#[circuit_breaker(name = "posts")]
async fn post(id: u32) -> Result<String, PostError> {
    dependency::call(WAIT.get()).await.map_err(PostError::Unavailable)?; // not shown
    // Send a `GET` here. Read the seconds of `Retry-After` into the error.
    Ok(format!("post {id}"))
}
// end excerpt

// excerpt: key
struct Busy {
    wait: Option<Duration>,
}

impl From<TimedOut> for Busy {
    fn from(_: TimedOut) -> Self {
        Self { wait: None }
    }
}

#[retry(attempt_timeout = "2s", retry_after = |error| error.wait)]
async fn progress(job: u32) -> Result<u8, Busy> {
    dependency::call(Busy { wait: WAIT.get() }).await?; // not shown
    // Ask for the progress of the job here.
    Ok(100)
}
// end excerpt

use resilient::Registry;
use tokio::time::Instant;

thread_local! {
    /// How long the dependency asks to be left alone.
    static WAIT: std::cell::Cell<Option<Duration>> = const { std::cell::Cell::new(None) };
}

fn wait_of(seconds: u64) {
    WAIT.set(Some(Duration::from_secs(seconds)));
}

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn the_retry_and_the_breaker_wait_as_long_as_the_dependency_asks() {
    wait_of(30);
    dependency::fail(1);
    let start = Instant::now();
    post(1).await.unwrap();
    assert!((30_000..=30_101).contains(&start.elapsed().as_millis()));

    wait_of(31);
    dependency::fail(1);
    let start = Instant::now();
    assert!(matches!(post(1).await, Err(PostError::Unavailable(Some(_)))));
    assert!(start.elapsed().is_zero());

    wait_of(50);
    dependency::fail(4);
    for _ in 0..4 {
        let _ = post(1).await;
    }
    let open = Registry::global().get("posts").unwrap().try_acquire().unwrap_err();
    assert_eq!(open.retry_after().unwrap().as_secs(), 50);
}

#[tokio::test(start_paused = true)]
async fn the_key_reads_the_hint_from_any_error() {
    wait_of(5);
    dependency::fail(1);
    let start = Instant::now();
    assert!(progress(1).await.is_ok());
    assert!(start.elapsed().as_millis() >= 5000);

    dependency::hang(1);
    assert!(progress(1).await.is_ok());
}
