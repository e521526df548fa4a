//! The recipe that returns the error of every attempt.

use super::dependency;

// excerpt: recipe
use resilient::{RetryError, retry};
use std::io;

#[retry(max_retries = 2, attempt_timeout = "1s", errors = all)]
async fn load(key: &str) -> Result<String, RetryError<io::Error>> {
    // The body returns the error of one attempt.
    get(key).await
}

fn describe(error: &RetryError<io::Error>) -> String {
    let mut lines = vec![error.reason().to_string()];
    for attempt in error.attempts() {
        lines.push(format!("{} after {:?}", attempt.error(), attempt.took()));
    }
    lines.join("; ")
}

async fn get(key: &str) -> io::Result<String> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the store here.
    Ok(format!("the value of {key}"))
}
// end excerpt

use resilient::retries::StopReason;

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_returns_the_error_and_the_time_of_every_attempt() {
    dependency::hang(1);
    dependency::fail(2);
    let error = load("a").await.unwrap_err();
    assert_eq!(error.reason(), StopReason::Exhausted);
    assert_eq!(error.attempts().count(), 3);
    let text = describe(&error);
    assert!(text.starts_with("exhausted; "), "{text}");
    assert!(text.contains(" after 1s; connection reset after 0ns; connection reset"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_succeeds_returns_the_value() {
    dependency::fail(2);
    assert_eq!(load("a").await.unwrap(), "the value of a");
}
