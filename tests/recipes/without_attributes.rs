//! The recipe without attributes.

use super::dependency;

// excerpt: recipe
use resilient::{BreakerConfig, CircuitBreaker, ConfigError, RetryPolicy};
use std::io;
use std::time::Duration;

struct Feed {
    policy: RetryPolicy,
    breaker: CircuitBreaker,
}

impl Feed {
    fn new() -> Result<Self, ConfigError> {
        let policy = RetryPolicy::builder().max_retries(5).build()?;
        let breaker = CircuitBreaker::new("feed by hand", BreakerConfig::default());
        Ok(Self { policy, breaker })
    }

    // A policy runs a closure, here through a breaker and with a time limit.
    async fn head(&self) -> io::Result<String> {
        let call = self.policy.call().through(&self.breaker);
        let call = call.attempt_timeout(Duration::from_secs(1));
        call.run(async |attempt| ask(attempt.number()).await).await
    }

    // Work that is not a single call, such as a stream, holds a permit.
    async fn bytes(&self) -> io::Result<usize> {
        let permit = self.breaker.try_acquire()?;
        let bytes = count_bytes().await;
        permit.report_output(&bytes);
        bytes
    }
}

async fn ask(attempt: u32) -> io::Result<String> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Send the request here.
    Ok(format!("head, at attempt {attempt}"))
}

async fn count_bytes() -> io::Result<usize> {
    let mut bytes = 0;
    while let Some(chunk) = next_chunk().await? {
        bytes += chunk.len();
    }
    Ok(bytes)
}

async fn next_chunk() -> io::Result<Option<Vec<u8>>> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Read from the stream here, each time under a `tokio::time::timeout`.
    Ok(None)
}
// end excerpt

use resilient::TimedOut;
use resilient::retries::TimeLimit;

#[tokio::test(start_paused = true)]
async fn a_policy_runs_a_closure_alone_or_through_a_breaker_with_a_time_limit() {
    let feed = Feed::new().unwrap();
    dependency::fail(1);
    let alone = feed.policy.call().run(async |attempt| ask(attempt.number()).await);
    assert_eq!(alone.await.unwrap(), "head, at attempt 2");
    assert_eq!(feed.breaker.snapshot().totals.failure, 0);

    dependency::fail(2);
    assert_eq!(feed.head().await.unwrap(), "head, at attempt 3");
    assert_eq!(feed.breaker.snapshot().totals.failure, 2);

    dependency::hang(u32::MAX);
    let late = feed.head().await.unwrap_err();
    assert_eq!(TimedOut::find_in(&late).unwrap().limit(), TimeLimit::AttemptTimeout);
}

#[tokio::test(start_paused = true)]
async fn a_permit_counts_what_is_reported_and_counts_as_abandoned_if_it_is_dropped() {
    let feed = Feed::new().unwrap();
    assert_eq!(feed.bytes().await.unwrap(), 0);
    dependency::fail(1);
    feed.bytes().await.unwrap_err();
    let totals = feed.breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.abandoned), (1, 1, 0));

    dependency::hang(1);
    tokio::time::timeout(Duration::from_secs(1), feed.bytes()).await.unwrap_err();
    let snapshot = feed.breaker.snapshot();
    assert_eq!((snapshot.totals.failure, snapshot.totals.abandoned), (1, 1));
}
