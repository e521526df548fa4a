//! The error of handlers.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, TimedOut, circuit_breaker, timeout};
use resilient_tower::{HandlerError, Rejection};

use crate::{Reply, reply};

/// Returns the rejection by an open circuit with this recovery time.
fn open(recovery: Duration) -> CircuitOpen {
    let config = BreakerConfig::builder().recovery_time(recovery).build().unwrap();
    let breaker = CircuitBreaker::new("secret-warehouse", config);
    breaker.trip().unwrap();
    breaker.try_acquire().unwrap_err()
}

async fn timed_out() -> TimedOut {
    let limited = resilient::deadline::scope(Duration::from_millis(37), pending::<()>());
    limited.await.unwrap_err()
}

/// An error around another error.
#[derive(Debug)]
struct Around<E>(E);

impl<E> fmt::Display for Around<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("http://user:password@warehouse failed")
    }
}

impl<E: Error + 'static> Error for Around<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl<E: Error + 'static> HandlerError for Around<E> {}

/// An error whose type decides about the response.
#[derive(Debug)]
struct NoSuchArticle;

impl fmt::Display for NoSuchArticle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such article")
    }
}

impl Error for NoSuchArticle {}

impl HandlerError for NoSuchArticle {
    fn response(self) -> Response {
        (StatusCode::NOT_FOUND, self.to_string()).into_response()
    }
}

/// Returns what a caller gets if a handler ends with this error.
async fn replied<E: HandlerError>(error: E) -> Reply {
    let handler = || -> Result<(), Rejection> { Err(error)? };
    reply(handler()).await
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_503_with_the_seconds_to_wait_rounded_up() {
    for (recovery, seconds) in [(Duration::from_millis(2_001), "3"), (Duration::from_secs(3), "3")]
    {
        for reply in [replied(open(recovery)).await, replied(Around(open(recovery))).await] {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(reply.headers["retry-after"], seconds);
            assert_eq!(reply.text, "temporarily unavailable, try again later\n");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_is_504_and_the_text_does_not_tell_it() {
    for reply in [replied(timed_out().await).await, replied(Around(timed_out().await)).await] {
        assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(reply.text, "the time for this request is up\n");
        assert!(!reply.headers.contains_key("retry-after"));
    }
}

#[tokio::test]
async fn another_error_is_500_without_its_text_unless_its_type_decides() {
    let reply = replied(Around(fmt::Error)).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.text, "internal error\n");
    let reply = replied(NoSuchArticle).await;
    assert_eq!((reply.status, &*reply.text), (StatusCode::NOT_FOUND, "no such article"));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_another_crate_is_converted_unless_it_has_one_of_the_two_sources() {
    let other = |_: std::io::Error| StatusCode::BAD_GATEWAY;
    let status = |error| Rejection::of(error, other).status();
    assert_eq!(status(std::io::Error::other("down")), StatusCode::BAD_GATEWAY);
    assert_eq!(status(timed_out().await.into()), StatusCode::GATEWAY_TIMEOUT);
    let open = open(Duration::from_secs(1));
    assert_eq!(status(open.into()), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn the_attributes_can_stand_on_a_handler() {
    #[circuit_breaker(failure_threshold = 2, recovery_time = "5s")]
    #[timeout("1s")]
    async fn handler(hangs: bool) -> Result<&'static str, Rejection> {
        if hangs {
            pending::<()>().await;
        }
        Err(Around(fmt::Error))?
    }
    assert_eq!(reply(handler(true).await).await.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(reply(handler(false).await).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply(handler(false).await).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
