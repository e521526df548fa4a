//! The recipe for failures inside `Ok`.

// excerpt: recipe
use resilient::{circuit_breaker, retry};
use std::io;

struct Response {
    status: u16,
}

// It decides about every `Err`, too.
fn has_failed(output: &io::Result<Response>) -> bool {
    match output {
        Ok(response) => response.status >= 500,
        Err(_) => true,
    }
}

#[retry(attempt_timeout = "2s", retry_when = has_failed)]
#[circuit_breaker(name = "profiles", failure_when = has_failed)]
async fn profile(id: u32) -> io::Result<Response> {
    // Send the request here.
    let status = 200;
    let status = status_of(id, status).await?; // not shown
    Ok(Response { status })
}
// end excerpt

#[retry(retry_when = |output| matches!(output, Ok(0)))]
async fn only_zero(calls: &mut u32) -> Result<u32, ()> {
    *calls += 1;
    Err(())
}

use super::dependency;

/// Responds with the status that the test puts into the number.
async fn status_of(id: u32, _: u16) -> io::Result<u16> {
    dependency::call(io::ErrorKind::ConnectionReset).await?;
    Ok(u16::try_from(id).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_failure_inside_ok_is_retried_and_counted() {
    assert_eq!(profile(503).await.unwrap().status, 503);
    assert_eq!(dependency::calls(), 4);
    assert_eq!(profile(404).await.unwrap().status, 404);
    assert_eq!(dependency::calls(), 1);
    let totals = resilient::Registry::global().get("profiles").unwrap().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (1, 4));

    dependency::fail(1);
    assert_eq!(profile(200).await.unwrap().status, 200);
    assert_eq!(dependency::calls(), 2);
    dependency::hang(1);
    assert_eq!(profile(200).await.unwrap().status, 200);
    assert_eq!(dependency::calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_err_that_the_predicate_does_not_match_is_not_retried() {
    let mut calls = 0;
    only_zero(&mut calls).await.unwrap_err();
    assert_eq!(calls, 1);
}
