//! A time limit that cannot work is an error. The client never ignores it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilient_http::{ApiError, BuildErrorKind, TimeoutPhase};

use crate::support::api::{Api, json};
use crate::support::raw::{Raw, Step, write};
use crate::support::settings::client;
use crate::support::within;

fn kind(error: &ApiError) -> Option<BuildErrorKind> {
    match error {
        ApiError::Build(problem) => Some(problem.kind()),
        _ => None,
    }
}

#[tokio::test]
async fn a_call_with_no_time_left_is_refused_before_anything_is_sent() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for call in
        [api.get::<u32>("x").timeout(Duration::ZERO), api.get::<u32>("x").deadline(Duration::ZERO)]
    {
        let error = within("the call", call).await.unwrap_err();
        assert_eq!(kind(&error), Some(BuildErrorKind::Setting), "{error:?}");
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn shutdown_without_timers_does_not_panic() {
    let without_timers = tokio::runtime::Builder::new_current_thread().build();
    let without_timers = without_timers.unwrap();
    let api = client("http://localhost").build().unwrap();
    let closed = without_timers.block_on(api.shutdown(Duration::from_secs(1)));
    assert_eq!(closed, Ok(()));
    // `shutdown` also works without a runtime.
    let mut closed = pin!(api.shutdown(Duration::from_secs(1)));
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(closed.as_mut().poll(&mut context), Poll::Ready(Ok(())));
}

#[tokio::test]
async fn a_read_timeout_of_reqwest_is_a_timeout_of_the_transport_before_and_within_the_body() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[1";
    for script in [vec![Step::Stall], vec![write(head), Step::Stall]] {
        let server = Raw::always(script).await;
        let read_timeout = Duration::from_millis(20);
        let api = client(&server.url)
            .configure(move |it| it.read_timeout(read_timeout))
            .no_retry()
            .build()
            .unwrap();
        let error = within("the call", api.get::<Vec<u32>>("x")).await.unwrap_err();
        let ApiError::Timeout { phase, after, .. } = &error else { panic!("{error:?}") };
        assert!(*phase == TimeoutPhase::Transport && *after >= read_timeout, "{error:?}");
        assert_eq!(api.circuit_breaker().snapshot().totals.failure, 1);
    }
}
