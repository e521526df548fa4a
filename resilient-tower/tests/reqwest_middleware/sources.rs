//! Time limits, and the errors that show them.

use std::future::pending;
use std::time::Duration;

use resilient::deadline;
use resilient::retries::TimeLimit;
use resilient::{CircuitBreaker, TimedOut};
use resilient_tower::{OutgoingDeadlineLayer, ReqwestCalls};
use tokio::time::Instant;

use crate::server::{Server, at_once, client, status};

const SECOND: Duration = Duration::from_secs(1);

async fn hanging() -> Server {
    Server::start(|_| pending::<http::StatusCode>()).await
}

#[tokio::test(start_paused = true)]
async fn r06_an_attempt_that_takes_too_long_is_a_failure_and_is_repeated_if_it_may_be() {
    let server = hanging().await;
    for (is_post, attempts) in [(false, 3), (true, 1)] {
        let breaker = CircuitBreaker::default();
        let calls =
            ReqwestCalls::new(breaker.clone()).retry(at_once(2)).attempt_timeout(2 * SECOND);
        let client = client(calls);
        let start = Instant::now();
        let url = server.url();
        let request = if is_post { client.post(url) } else { client.get(url) };
        let error = request.send().await.unwrap_err();
        let timed_out = TimedOut::find_in(&error).expect("the time limit is a source of the error");
        assert_eq!(timed_out.limit(), TimeLimit::AttemptTimeout);
        assert_eq!(start.elapsed(), attempts * 2 * SECOND);
        assert_eq!(breaker.snapshot().totals.failure, u64::from(attempts));
    }
}

#[tokio::test(start_paused = true)]
async fn r06_the_deadline_bounds_the_call_with_its_retries() {
    let server = hanging().await;
    let calls = ReqwestCalls::new(CircuitBreaker::default())
        .retry(at_once(9))
        .attempt_timeout(2 * SECOND)
        .deadline(5 * SECOND);
    let start = Instant::now();
    let error = client(calls).get(server.url()).send().await.unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_around_the_call_bounds_its_retries() {
    let server = Server::start(async |_| status(503, &[("retry-after", "60")])).await;
    let client = client(ReqwestCalls::new(CircuitBreaker::default()).retry(at_once(3)));
    let call = deadline::scope(5 * SECOND, client.get(server.url()).send());
    // The wait would reach the deadline, so the response is returned at once.
    assert_eq!(call.await.unwrap().unwrap().status().as_u16(), 503);
    assert_eq!(server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn d08_a_request_without_time_is_not_sent_and_is_no_failure() {
    let server = hanging().await;
    let breaker = CircuitBreaker::default();
    let calls = ReqwestCalls::new(breaker.clone()).tell_servers(OutgoingDeadlineLayer::new());
    let client = client(calls);
    let call = deadline::scope(Duration::from_millis(4), client.get(server.url()).send());
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Scope);
    assert_eq!(server.requests(), 0);
    assert_eq!(breaker.snapshot().totals.failure, 0);
}
