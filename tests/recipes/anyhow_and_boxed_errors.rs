//! The recipe for `anyhow` and `Box<dyn Error>`.

use super::dependency;

// excerpt: recipe
use anyhow::Context;
use resilient::{CircuitOpen, TimedOut, circuit_breaker, retry};
use std::io;

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "feed", classify = resilient_classify::anyhow)]
async fn feed(path: &str) -> anyhow::Result<String> {
    get(path).await.context("read the feed")
}

// Both types are found below any context.
fn advice(error: &anyhow::Error) -> String {
    if let Some(open) = CircuitOpen::find_in(&**error) {
        format!("not asked: {} is open for {:?}", open.breaker(), open.retry_after())
    } else if let Some(late) = TimedOut::find_in(&**error) {
        format!("no answer after {} attempts", late.attempts())
    } else {
        format!("{error:#}")
    }
}

async fn get(path: &str) -> io::Result<String> {
    dependency::call(ERROR.get()).await?; // not shown
    // Send the request here.
    Ok(format!("the content of {path}"))
}
// end excerpt

thread_local! {
    static ERROR: std::cell::Cell<io::ErrorKind> =
        const { std::cell::Cell::new(io::ErrorKind::NotFound) };
}

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn a_rejection_and_a_time_limit_are_found_below_context() {
    dependency::hang(4);
    let error = feed("a").await.context("show the page").unwrap_err();
    assert_eq!(advice(&error), "no answer after 4 attempts");
    assert!(CircuitOpen::find_in(&*error).is_none());
    let breaker = resilient::Registry::global().get("feed").unwrap();
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failure, totals.success), (4, 0));

    dependency::fail(1);
    let error = feed("none").await.unwrap_err();
    assert_eq!(advice(&error), "read the feed: entity not found");
    assert_eq!(breaker.snapshot().totals.success, 1);

    breaker.force_open();
    let error = feed("a").await.context("show the page").unwrap_err();
    assert_eq!(advice(&error), "not asked: feed is open for None");
    assert!(TimedOut::find_in(&*error).is_none());
}
