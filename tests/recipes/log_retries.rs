//! The recipe that logs each retry and the end of a failed call.

use super::dependency;

// excerpt: recipe
use resilient::retry;
use std::io;

#[retry(
    max_retries = 1,
    attempt_timeout = "2s",
    on_retry = |retry| log(&format!(
        "{url}: attempt {} failed: {:?}; again in {:?}",
        retry.attempt(), retry.error(), retry.delay(),
    )),
    on_give_up = |end| log(&format!(
        "{url}: gave up after {} attempts: {}",
        end.attempts(), end.reason(),
    )),
)]
async fn fetch(url: &str) -> io::Result<String> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Send the request here.
    Ok(format!("the page of {url}"))
}

fn log(line: &str) {
    LOG.with_borrow_mut(|log| log.push(line.to_owned())); // not shown
    println!("{line}");
}
// end excerpt

thread_local! {
    static LOG: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[tokio::test(start_paused = true)]
async fn each_retry_and_the_end_of_a_failed_call_are_logged() {
    fetch("good").await.unwrap();
    assert!(LOG.with_borrow(Vec::is_empty));

    dependency::fail(2);
    fetch("bad").await.unwrap_err();
    let log = LOG.take();
    let retry = "bad: attempt 1 failed: Some(Kind(ConnectionReset)); again in ";
    assert!(log[0].starts_with(retry) && log[0].ends_with('s'), "{log:?}");
    assert_eq!(log[1..], ["bad: gave up after 2 attempts: exhausted"]);
}
