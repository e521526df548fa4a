//! The layers that limit the time of calls.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};

use resilient::breaker::CircuitState;
use resilient::retries::{Backoff, Jitter, TimeLimit};
use resilient::{BreakerConfig, CircuitBreaker, RetryPolicy, TimedOut, deadline};
use resilient_testkit::{ms, poll_and_drop, run, secs};
use resilient_tower::{BreakerLayer, DeadlineLayer, RetryLayer, TimeoutLayer};
use tokio::time::Instant;
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock;

use crate::support::{Call, call, counted, ends, poll_ready, slow};

fn limit_of(error: &BoxError) -> TimeLimit {
    TimedOut::find_in(&**error).expect("a time limit has passed").limit()
}

fn hangs() -> impl Fn(u32) -> Call {
    |_| Box::pin(pending())
}

fn breaker() -> CircuitBreaker {
    let config = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    CircuitBreaker::new("stock", config)
}

#[tokio::test(start_paused = true)]
async fn c04_a_call_that_takes_too_long_is_cancelled() {
    let started = Instant::now();
    let service = TimeoutLayer::new(secs(2)).layer(counted(hangs()));
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!((limit_of(&error), started.elapsed()), (TimeLimit::Timeout, secs(2)));
    assert_eq!(TimeoutLayer::new(secs(2)).layer(slow(0)).oneshot(()).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn c04_a_time_limit_below_a_breaker_opens_the_circuit() {
    let breaker = breaker();
    let service = ServiceBuilder::new()
        .layer(BreakerLayer::new(breaker.clone()).boxed_errors())
        .layer(TimeoutLayer::new(secs(2)))
        .service(counted(hangs()));
    service.oneshot(()).await.unwrap_err();
    assert_eq!((ends(&breaker), breaker.state()), ([0, 1, 0, 0], CircuitState::Open));
}

#[tokio::test(start_paused = true)]
async fn c04_a_time_limit_above_a_breaker_abandons_the_call() {
    let breaker = breaker();
    let service = ServiceBuilder::new()
        .layer(TimeoutLayer::new(secs(2)))
        .layer(BreakerLayer::new(breaker.clone()))
        .service(counted(hangs()));
    service.oneshot(()).await.unwrap_err();
    assert_eq!(ends(&breaker), [0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn readiness_passes_through_and_is_not_limited() {
    let (inner, mut handle) = mock::pair::<u32, u32>();
    handle.allow(0);
    let mut service = TimeoutLayer::new(secs(2)).layer(DeadlineLayer::new(secs(2)).layer(inner));
    assert!(poll_ready(&mut service).is_pending());
    tokio::time::advance(secs(9)).await;
    handle.allow(1);
    let response = call(&mut service, 1);
    handle.next_request().await.unwrap().1.send_response(2);
    assert_eq!(response.await.unwrap(), 2);
    handle.send_error("gone");
    assert!(matches!(poll_ready(&mut service), std::task::Poll::Ready(Err(_))));
}

/// Returns what `call` of the inner service, and its future, know of the time left.
fn time_left() -> impl Fn(()) -> Call + Clone {
    |()| {
        let in_call = deadline::remaining();
        Box::pin(async move {
            assert_eq!(in_call, deadline::remaining());
            Ok(in_call.map_or(0, |left| u32::try_from(left.as_millis()).unwrap()))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn d01_the_code_inside_knows_the_time_left() {
    let timeout = TimeoutLayer::new(secs(2)).layer(service_fn(time_left()));
    assert_eq!(timeout.oneshot(()).await.unwrap(), 2_000);
    let deadline_layer = DeadlineLayer::new(secs(5));
    let inner = deadline_layer.layer(service_fn(time_left()));
    assert_eq!(inner.clone().oneshot(()).await.unwrap(), 5_000);
    // The earlier of two deadlines applies.
    let nested = DeadlineLayer::new(secs(3)).layer(inner.clone());
    assert_eq!(nested.oneshot(()).await.unwrap(), 3_000);
    let nested = DeadlineLayer::new(secs(9)).layer(inner.clone());
    assert_eq!(nested.oneshot(()).await.unwrap(), 5_000);
    let outer = deadline::scope(ms(700), inner.oneshot(()));
    assert_eq!(outer.await.unwrap().unwrap(), 700);
}

#[tokio::test(start_paused = true)]
async fn d03_a_call_is_cancelled_at_the_deadline() {
    let (started, breaker) = (Instant::now(), breaker());
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(secs(2)))
        .layer(BreakerLayer::new(breaker.clone()))
        .service(counted(hangs()));
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!((limit_of(&error), started.elapsed()), (TimeLimit::Scope, secs(2)));
    assert_eq!(ends(&breaker), [0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn d03_a_call_without_time_does_not_reach_the_service() {
    let inner = slow(0);
    let service = DeadlineLayer::new(secs(0)).layer(inner.clone());
    assert_eq!(limit_of(&service.oneshot(()).await.unwrap_err()), TimeLimit::Scope);
    let service = DeadlineLayer::new(secs(9)).layer(inner.clone());
    let late = deadline::scope(secs(1), async {
        tokio::time::advance(secs(1)).await;
        service.oneshot(()).await
    });
    assert!(late.await.map_or(true, |result| result.is_err()));
    assert_eq!(inner.calls.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn d01_retries_below_end_with_the_deadline() {
    let seen = Arc::new(Mutex::new(0));
    let calls = Arc::clone(&seen);
    let inner = service_fn(move |()| {
        *calls.lock().unwrap() += 1;
        ready(Err::<(), BoxError>("down".into()))
    });
    let policy =
        RetryPolicy::builder().base_delay("1s").backoff(Backoff::Constant).jitter(Jitter::None);
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(ms(1500)))
        .layer(RetryLayer::new(policy.build().unwrap()).boxed_errors())
        .service(inner);
    let started = Instant::now();
    assert_eq!(service.oneshot(()).await.unwrap_err().to_string(), "down");
    assert_eq!((*seen.lock().unwrap(), started.elapsed()), (2, secs(1)));
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_can_be_dropped_at_every_poll() {
    for polls in 0..6 {
        let breaker = breaker();
        let mut service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(secs(5)))
            .layer(BreakerLayer::new(breaker.clone()))
            .layer(TimeoutLayer::new(secs(2)))
            .service(slow(4));
        let output = poll_and_drop(call(&mut service, ()), polls);
        let abandoned = u64::from(output.is_none());
        assert_eq!(ends(&breaker), [1 - abandoned, 0, 0, abandoned], "{polls}");
        assert_eq!(deadline::remaining(), None);
    }
}

#[test]
fn without_a_timer_a_limited_call_is_not_polled() {
    let error = run(call(&mut TimeoutLayer::new(secs(2)).layer(slow(0)), ())).unwrap_err();
    assert_eq!(limit_of(&error), TimeLimit::NoTimer);
    let error = run(call(&mut DeadlineLayer::new(secs(2)).layer(slow(0)), ())).unwrap_err();
    assert_eq!(limit_of(&error), TimeLimit::NoTimer);
    let unlimited = DeadlineLayer::new(std::time::Duration::MAX);
    assert_eq!(run(call(&mut unlimited.layer(slow(3)), ())).unwrap(), 1);
}

#[test]
fn layers_and_services_are_cheap_handles_and_go_anywhere() {
    fn goes_anywhere<T: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static>(
        value: &T,
    ) -> String {
        format!("{value:?}")
    }
    let (timeout, deadline) = (TimeoutLayer::new(secs(1)), DeadlineLayer::new(secs(2)));
    assert_eq!(goes_anywhere(&timeout), "TimeoutLayer { time: 1s }");
    assert!(goes_anywhere(&deadline.layer(timeout.layer(slow(0)))).contains("Counted"));
    let response = call(&mut timeout.layer(slow(0)), ());
    assert_eq!(format!("{response:?}"), "TimedFuture { .. }");
    let response = call(&mut deadline.layer(slow(0)), ());
    assert_eq!(format!("{response:?}"), "DeadlineFuture { .. }");
}
