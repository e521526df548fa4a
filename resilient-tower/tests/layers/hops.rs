//! Rules D7 and D8: deadlines and attempts that travel in the headers of requests.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use http::{HeaderName, Request, Response, StatusCode};
use resilient::breaker::CircuitState;
use resilient::deadline::{remaining, scope};
use resilient::retries::{RetryPolicy, TimeLimit, attempt_number};
use resilient::{BreakerConfig, CircuitBreaker, TimedOut};
use resilient_testkit::Calls;
use resilient_tower::{BreakerLayer, IncomingDeadlineLayer, OutgoingDeadlineLayer};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{call, counted, ends};

const TIME: &str = "x-envoy-expected-rq-timeout-ms";
const ATTEMPT: &str = "x-envoy-attempt-count";
const SECOND: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(10);

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let request = headers
        .iter()
        .fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap()
}

/// Returns what a handler reads, as (time left, number of the attempt).
async fn context(_: Request<()>) -> Result<(Option<Duration>, u32), BoxError> {
    Ok((remaining(), attempt_number()))
}

async fn handled(
    layer: IncomingDeadlineLayer,
    headers: &[(&str, &str)],
) -> (Option<Duration>, u32) {
    let server = ServiceBuilder::new().layer(layer).service(service_fn(context));
    server.oneshot(request(headers)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn d07_a_handler_has_the_time_and_the_attempt_of_the_headers() {
    let layer = IncomingDeadlineLayer::new().max(MAX);
    let time = Some(Duration::from_millis(800));
    assert_eq!(handled(layer.clone(), &[(TIME, "800"), (ATTEMPT, "3")]).await, (time, 3));
    assert_eq!(handled(layer.clone(), &[]).await, (Some(MAX), 1));
    assert_eq!(handled(layer, &[(TIME, "3600000")]).await, (Some(MAX), 1));
    assert_eq!(handled(IncomingDeadlineLayer::default(), &[]).await, (None, 1));
}

#[tokio::test(start_paused = true)]
async fn d07_bad_headers_are_ignored_and_counted_and_never_lengthen_a_deadline() {
    let layer = IncomingDeadlineLayer::new().max(MAX);
    let long = "0".repeat(60_000) + "1";
    for time in ["", "-1", "soon", "800ms", "1e3", " 800x", "18446744073709551616", &long] {
        let headers = [(TIME, time), (ATTEMPT, "2")];
        assert_eq!(handled(layer.clone(), &headers).await, (Some(MAX), 2), "{time:.40}");
    }
    assert_eq!(handled(layer.clone(), &[(TIME, "1"), (TIME, "900000")]).await, (Some(MAX), 1));
    assert_eq!(handled(layer.clone(), &[(ATTEMPT, "2"), (ATTEMPT, "9")]).await, (Some(MAX), 1));
    assert_eq!(layer.counts().unreadable, 10);
    assert_eq!(layer.counts().late, 0);
}

#[tokio::test(start_paused = true)]
async fn d07_the_headers_can_have_other_names() {
    let name = HeaderName::from_static;
    let layer = IncomingDeadlineLayer::new().headers(name("time-left-ms"), name("attempt"));
    let headers = [("time-left-ms", "30"), ("attempt", "2"), (TIME, "1"), (ATTEMPT, "9")];
    assert_eq!(handled(layer, &headers).await, (Some(Duration::from_millis(30)), 2));
}

#[tokio::test(start_paused = true)]
async fn d07_a_request_whose_time_is_up_does_not_reach_the_service() {
    let inner = counted(|_| async { Ok::<_, BoxError>(()) });
    let layer = IncomingDeadlineLayer::new();
    let mut server = ServiceBuilder::new().layer(layer.clone()).service(inner.clone());
    let error = call(&mut server, request(&[(TIME, "0")])).await.unwrap_err();
    assert_eq!(error.downcast::<TimedOut>().unwrap().limit(), TimeLimit::Scope);
    assert_eq!((inner.calls.count(), layer.counts().late), (0, 1));
    // The service still works.
    call(&mut server, request(&[(TIME, "10")])).await.unwrap();
    assert_eq!((inner.calls.count(), layer.counts().late), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn d07_at_the_deadline_the_call_is_dropped_and_the_layer_responds_with_504() {
    let start = Instant::now();
    let hangs = service_fn(|_: Request<()>| pending::<Result<Response<String>, Infallible>>());
    let layer = IncomingDeadlineLayer::new().max(MAX).respond();
    let mut server = ServiceBuilder::new().layer(layer).service(hangs);
    for (headers, after) in [(&[(TIME, "250")][..], SECOND / 4), (&[], SECOND / 4 + MAX)] {
        let response = call(&mut server, request(headers)).await.unwrap();
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(response.body(), "the time for this request is up\n");
        assert_eq!(start.elapsed(), after);
    }
    let own = IncomingDeadlineLayer::new().on_timed_out(|timed_out: TimedOut| {
        Ok::<_, Infallible>(Response::new(timed_out.to_string()))
    });
    let mut server = ServiceBuilder::new().layer(own).service(hangs);
    let response = call(&mut server, request(&[(TIME, "20")])).await.unwrap();
    assert_eq!(response.body(), "deadline of 20ms passed");
}

#[tokio::test(start_paused = true)]
async fn d07_the_inner_call_runs_in_the_context_before_its_future_is_polled() {
    let seen = |_: Request<()>| {
        let left = remaining();
        async move { Ok::<_, BoxError>(left) }
    };
    let server = ServiceBuilder::new().layer(IncomingDeadlineLayer::new()).service_fn(seen);
    assert_eq!(server.oneshot(request(&[(TIME, "700")])).await.unwrap(), Some(SECOND * 7 / 10));
}

#[tokio::test(start_paused = true)]
async fn d07_retries_are_left_only_to_a_caller_that_retries() {
    let calls = Calls::new();
    let policy = RetryPolicy::builder().max_retries(2).base_delay(Duration::ZERO).build().unwrap();
    let down = |_: Request<()>| {
        policy.call().run(async |_| {
            calls.next();
            Err::<(), BoxError>("down".into())
        })
    };
    let leaves = IncomingDeadlineLayer::new().leave_retries_to_callers();
    let mut made = Vec::new();
    for (layer, headers) in [
        (IncomingDeadlineLayer::new(), &[(ATTEMPT, "2")][..]),
        (leaves.clone(), &[]),
        (leaves.clone(), &[(ATTEMPT, "1")]),
        (leaves.clone(), &[(ATTEMPT, "2")]),
        (leaves, &[(ATTEMPT, "two")]),
    ] {
        let before = calls.count();
        let server = ServiceBuilder::new().layer(layer).service(service_fn(down));
        server.oneshot(request(headers)).await.unwrap_err();
        made.push(calls.count() - before);
    }
    assert_eq!(made, [3, 3, 3, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn d03_a_caller_with_a_tiny_deadline_cannot_open_a_circuit() {
    let config = BreakerConfig::builder().failure_threshold(3).build().unwrap();
    let breaker = CircuitBreaker::new("stock", config);
    let server = ServiceBuilder::new()
        .layer(IncomingDeadlineLayer::new().max(MAX).respond())
        .layer(BreakerLayer::new(breaker.clone()).respond())
        .service(service_fn(async |_: Request<()>| {
            tokio::time::sleep(SECOND).await;
            Ok::<_, Infallible>(Response::new(""))
        }));
    for time in ["0", "1", "2", "500"].into_iter().cycle().take(100) {
        let response = server.clone().oneshot(request(&[(TIME, time)])).await.unwrap();
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(ends(&breaker), [0, 0, 0, 75]);
    let response = server.oneshot(request(&[])).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_responds_with_503_and_the_seconds_to_wait() {
    let config = BreakerConfig::builder().recovery_time(Duration::from_millis(2_100));
    let breaker = CircuitBreaker::new("stock", config.build().unwrap());
    let ok = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let server = BreakerLayer::new(breaker.clone()).respond();
    let server = ServiceBuilder::new().layer(server).service(ok);
    breaker.trip().unwrap();
    let response = server.clone().oneshot(request(&[])).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "3");
    assert_eq!(response.body(), "temporarily unavailable, try again later\n");
    breaker.force_open();
    assert_eq!(server.oneshot(request(&[])).await.unwrap().headers()["retry-after"], "1");
}

/// Returns the two headers that arrive at a server, each empty if it is absent.
async fn sent(layer: OutgoingDeadlineLayer, request: Request<()>) -> [String; 2] {
    let server = service_fn(async |request: Request<()>| Ok::<_, BoxError>(request));
    let arrived = ServiceBuilder::new().layer(layer).service(server).oneshot(request).await;
    let arrived = arrived.unwrap();
    [TIME, ATTEMPT].map(|name| {
        assert!(arrived.headers().get_all(name).iter().count() <= 1);
        let value = arrived.headers().get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    })
}

#[tokio::test(start_paused = true)]
async fn d08_without_a_deadline_and_a_retry_the_request_stays_as_it_is() {
    let layer = OutgoingDeadlineLayer::new();
    assert_eq!(sent(layer.clone(), request(&[])).await, ["", ""]);
    let own = request(&[(TIME, "70"), (ATTEMPT, "4")]);
    assert_eq!(sent(layer, own).await, ["70", "4"]);
}

#[tokio::test(start_paused = true)]
async fn d08_the_time_left_less_the_margin_is_sent_unless_the_request_has_less() {
    let layer = OutgoingDeadlineLayer::new();
    let time = Duration::from_micros(1_000_900);
    let headers = scope(time, sent(layer.clone(), request(&[]))).await.unwrap();
    assert_eq!(headers, ["995", ""]);
    let wide = layer.clone().margin(SECOND / 2);
    assert_eq!(scope(time, sent(wide, request(&[]))).await.unwrap()[0], "500");
    for (own, expected) in [("30", "30"), ("5000", "995"), ("soon", "995"), ("0", "0")] {
        let own = request(&[(TIME, own)]);
        assert_eq!(scope(time, sent(layer.clone(), own)).await.unwrap()[0], expected);
    }
}

#[tokio::test(start_paused = true)]
async fn d08_attempts_from_the_second_on_are_numbered() {
    let policy = RetryPolicy::builder().max_retries(2).base_delay(Duration::ZERO).build().unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let call = policy.call().run(async |_| {
        let [_, attempt] = sent(OutgoingDeadlineLayer::new(), request(&[])).await;
        seen.lock().unwrap().push(attempt);
        Err::<(), BoxError>("down".into())
    });
    call.await.unwrap_err();
    assert_eq!(seen.into_inner().unwrap(), ["", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn d08_a_request_without_time_is_not_sent() {
    let inner = counted(|_| async { Ok::<_, BoxError>(()) });
    let mut client =
        ServiceBuilder::new().layer(OutgoingDeadlineLayer::new()).service(inner.clone());
    let sent = async { call(&mut client, request(&[])).await };
    let error = scope(Duration::from_millis(5), sent).await.unwrap().unwrap_err();
    assert_eq!(error.downcast::<TimedOut>().unwrap().limit(), TimeLimit::Scope);
    assert_eq!(inner.calls.count(), 0);
    call(&mut client, request(&[])).await.unwrap();
    assert_eq!(inner.calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn d08_each_hop_has_less_time_than_the_one_before() {
    let database = service_fn(context);
    let hop = |millis| async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    };
    // The server of each service, its work, and its client of the next one.
    let third = ServiceBuilder::new()
        .layer(OutgoingDeadlineLayer::new())
        .layer(IncomingDeadlineLayer::new())
        .service(database);
    let second = ServiceBuilder::new()
        .layer(OutgoingDeadlineLayer::new())
        .layer(IncomingDeadlineLayer::new())
        .service_fn(move |_: Request<()>| {
            let third = third.clone();
            async move {
                hop(100).await;
                third.oneshot(request(&[])).await
            }
        });
    let left = scope(SECOND, second.oneshot(request(&[]))).await.unwrap().unwrap().0;
    assert_eq!(left, Some(Duration::from_millis(1_000 - 5 - 100 - 5)));
}

#[tokio::test(start_paused = true)]
async fn dropped_requests_leave_nothing_in_flight() {
    let breaker = CircuitBreaker::default();
    let mut server = ServiceBuilder::new()
        .layer(IncomingDeadlineLayer::new())
        .layer(BreakerLayer::new(breaker.clone()))
        .service(service_fn(|_: Request<()>| pending::<Result<(), BoxError>>()));
    for number in 0..1_000 {
        let mut dropped = Box::pin(call(&mut server, request(&[(TIME, "100")])));
        if number % 2 == 0 {
            poll_fn(|cx| Poll::Ready(dropped.as_mut().poll(cx).is_ready())).await;
        }
    }
    assert_eq!(breaker.snapshot().in_flight, 0);
    assert_eq!(ends(&breaker)[1], 0);
}
