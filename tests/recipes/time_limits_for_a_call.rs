//! The recipe with a time limit for each attempt, and one for the whole call.

use super::dependency;

// excerpt: recipe
use resilient::{Classify, TimedOut, retry, timeout};
use std::time::Duration;

#[derive(Debug, Classify)]
enum SearchError {
    #[transient]
    Refused,
    #[timed_out]
    Late(TimedOut),
}

// An attempt is cut off after a second and repeated. The call takes at most five seconds.
#[retry(attempt_timeout = "1s", deadline = "5s")]
async fn search(words: &str) -> Result<Vec<u32>, SearchError> {
    ask(words).await
}

// Without retries, and with a limit from the caller: a `Duration`, or an `Option` of one.
#[timeout(limit)]
async fn search_once(words: &str, limit: Duration) -> Result<Vec<u32>, SearchError> {
    ask(words).await
}

async fn ask(words: &str) -> Result<Vec<u32>, SearchError> {
    dependency::call(SearchError::Refused).await?; // not shown
    // Send the request here.
    Ok(vec![1, 2, 3])
}
// end excerpt

use resilient::retries::TimeLimit;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn each_attempt_is_cut_off_at_its_limit() {
    dependency::hang(1);
    let start = Instant::now();
    search("x").await.unwrap();
    assert_eq!((dependency::calls(), start.elapsed().as_secs()), (2, 1));

    dependency::hang(u32::MAX);
    let start = Instant::now();
    let Err(SearchError::Late(late)) = search("x").await else { panic!("it hangs") };
    assert_eq!((late.limit(), late.attempts()), (TimeLimit::AttemptTimeout, 4));
    assert_eq!(dependency::calls(), 4);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn the_caller_sets_the_limit_of_one_call() {
    dependency::hang(1);
    let start = Instant::now();
    let limit = Duration::from_secs(2);
    let Err(SearchError::Late(late)) = search_once("x", limit).await else { panic!("it hangs") };
    assert_eq!((late.limit(), late.attempts()), (TimeLimit::Timeout, 1));
    assert_eq!((dependency::calls(), start.elapsed()), (1, limit));
}
