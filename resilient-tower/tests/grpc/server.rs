//! `GrpcServerLayer`: what a handler knows of its caller, and how a call ends at its deadline.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body as _;
use resilient::breaker::CircuitState;
use resilient::deadline::HopCounts;
use resilient::retries::attempt_number;
use resilient::{Registry, circuit_breaker, deadline, retry};
use resilient_testkit::{Calls, ms, poll_and_drop, secs};
use resilient_tower::{GrpcError, GrpcServerBody, GrpcServerLayer};
use tokio::time::sleep;
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::transport::Server;
use tonic::{Code, Status};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Client, channel, counting, endpoint, request, start, watched};

type Headers<'h> = &'h [(&'static str, &'h str)];

fn call(headers: Headers<'_>) -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// Returns what a handler reads under this layer: the time left and the number of the attempt.
async fn handled(layer: &GrpcServerLayer, headers: Headers<'_>) -> (Option<Duration>, u32) {
    let read = Arc::new(Mutex::new(None));
    let written = Arc::clone(&read);
    let service = layer.layer(service_fn(move |_| {
        *written.lock().unwrap() = Some((deadline::remaining(), attempt_number()));
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    }));
    let response = service.oneshot(call(headers)).await.unwrap();
    assert!(response.headers().is_empty(), "{response:?}");
    read.lock().unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn d06_a_handler_has_the_deadline_and_the_attempt_number_of_its_caller() {
    let layer = GrpcServerLayer::new();
    assert_eq!(handled(&layer, &[]).await, (None, 1));
    let timeout = ("grpc-timeout", "800m");
    assert_eq!(handled(&layer, &[timeout]).await, (Some(ms(798)), 1));
    let attempts = ("grpc-previous-rpc-attempts", "2");
    assert_eq!(handled(&layer, &[timeout, attempts]).await, (Some(ms(798)), 3));
    assert_eq!(handled(&layer, &[("grpc-timeout", "2m")]).await, (Some(ms(1)), 1));
    assert_eq!(layer.counts(), HopCounts::default());
}

#[tokio::test(start_paused = true)]
async fn d07_a_caller_gets_at_most_the_time_that_the_server_allows() {
    let layer = GrpcServerLayer::new().max(secs(2));
    for (sent, time) in [("1S", ms(998)), ("3S", secs(2)), ("99999999H", secs(2))] {
        assert_eq!(handled(&layer, &[("grpc-timeout", sent)]).await.0, Some(time), "{sent}");
    }
    assert_eq!(handled(&layer, &[]).await.0, Some(secs(2)));
}

#[tokio::test(start_paused = true)]
async fn d07_metadata_that_cannot_be_read_never_lengthen_a_deadline() {
    let (open, limited) = (GrpcServerLayer::new(), GrpcServerLayer::new().max(secs(2)));
    let wrong = ["", "soon", "-1S", "1", "S", "1.5S", "123456789S", "1 S", "9s"];
    for value in wrong {
        let headers = [("grpc-timeout", value), ("grpc-previous-rpc-attempts", "-1")];
        assert_eq!(handled(&open, &headers).await, (None, 1), "{value:?}");
        assert_eq!(handled(&limited, &headers).await, (Some(secs(2)), 1), "{value:?}");
    }
    let twice = [("grpc-timeout", "1S"), ("grpc-timeout", "9S")];
    assert_eq!(handled(&limited, &twice).await.0, Some(secs(2)));
    assert_eq!(limited.counts().unreadable, wrong.len() as u64 + 1);
}

#[tokio::test(start_paused = true)]
async fn d07_a_call_whose_time_is_over_does_not_reach_the_handler() {
    let calls = Arc::new(Calls::new());
    let counted = Arc::clone(&calls);
    let inner = service_fn(move |_| {
        counted.next();
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    });
    let layer = GrpcServerLayer::new();
    let mut service = layer.layer(ConcurrencyLimit::new(inner, 1));
    for _ in 0..3 {
        let refused = service.ready().await.unwrap().call(call(&[("grpc-timeout", "0m")])).await;
        let refused = refused.unwrap();
        assert_eq!(refused.headers()["grpc-status"], "4");
        assert!(refused.body().is_end_stream());
    }
    assert_eq!((calls.count(), layer.counts().late), (0, 3));
    // The place that the refused calls reserved is free.
    let mut other = service.clone();
    other.ready().await.unwrap().call(call(&[])).await.unwrap();
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn d01_a_handler_is_dropped_at_the_deadline() {
    for (max, sent, millis) in [(None, "50m", 48), (Some(20), "50m", 20), (Some(20), "1H", 20)] {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = SetOnDrop(Arc::clone(&dropped));
        let flag = Mutex::new(Some(flag));
        let stock = counting(move |_| {
            let flag = flag.lock().unwrap().take();
            async move {
                let _flag = flag;
                pending().await
            }
        });
        let layer = GrpcServerLayer::new().max(max.map_or(Duration::MAX, ms));
        let connection = start(Server::builder().layer(layer).add_service(stock));
        let mut client = Client::new(channel(&endpoint(), connection));
        let began = tokio::time::Instant::now();
        // The channel keeps the limit, too, and so does tonic's server. Both end later.
        let status = client.count(request(&[("grpc-timeout", sent)])).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        assert_eq!(began.elapsed(), ms(millis));
        assert!(dropped.load(SeqCst));
    }
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn d01_a_stream_knows_the_deadline_and_ends_at_it() {
    let (left, dropped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let (noted, flag) = (Arc::clone(&left), Arc::clone(&dropped));
    let stock = watched(move || {
        let (noted, flag) = (Arc::clone(&noted), SetOnDrop(Arc::clone(&flag)));
        tokio_stream::iter(0..).then(move |number| {
            let (noted, flag) = (Arc::clone(&noted), &flag);
            let _ = flag;
            async move {
                sleep(ms(300)).await;
                noted.lock().unwrap().push((deadline::remaining().unwrap(), attempt_number()));
                Ok(number)
            }
        })
    });
    let layer = GrpcServerLayer::new().max(secs(1));
    let connection = start(Server::builder().layer(layer).add_service(stock));
    let mut client = Client::new(channel(&endpoint(), connection));
    let began = tokio::time::Instant::now();
    let mut messages = client.watch("kettle").await.unwrap();
    for number in 0..3 {
        assert_eq!(messages.message().await.unwrap(), Some(number));
    }
    let status = messages.message().await.unwrap_err();
    assert_eq!((status.code(), began.elapsed()), (Code::DeadlineExceeded, secs(1)));
    assert_eq!(*left.lock().unwrap(), [(ms(700), 1), (ms(400), 1), (ms(100), 1)]);
    assert!(dropped.load(SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_in_time_has_its_own_status() {
    let stock =
        watched(|| tokio_stream::iter([Ok(1), Ok(2), Err(Status::aborted("the shelf moved"))]));
    let layer = GrpcServerLayer::new().max(secs(1));
    let connection = start(Server::builder().layer(layer).add_service(stock));
    let mut client = Client::new(channel(&endpoint(), connection));
    let mut messages = client.watch("kettle").await.unwrap();
    assert_eq!(messages.message().await.unwrap(), Some(1));
    assert_eq!(messages.message().await.unwrap(), Some(2));
    assert_eq!(messages.message().await.unwrap_err().code(), Code::Aborted);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_polled_after_its_deadline_without_harm() {
    let service = GrpcServerLayer::new().max(ms(10)).layer(service_fn(async |_| {
        let frames = tokio_stream::pending::<Result<http_body::Frame<bytes::Bytes>, Status>>();
        Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(frames)))
    }));
    let response = service.oneshot(call(&[])).await.unwrap();
    let body: GrpcServerBody<_> = response.into_body();
    assert!(!body.is_end_stream());
    let mut body = pin!(body);
    let frame = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
    assert_eq!(frame.unwrap().unwrap().trailers_ref().unwrap()["grpc-status"], "4");
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await.is_none());
}

#[retry(name = "grpc_server", max_retries = 2, base_delay = "1ms")]
async fn fetch(calls: &Calls) -> Result<u32, GrpcError> {
    calls.next();
    Err(Status::unavailable("down"))?
}

#[tokio::test(start_paused = true)]
async fn d07_a_server_can_leave_retries_to_callers_that_retry() {
    for (layer, previous, expected) in [
        (GrpcServerLayer::new(), "1", 3),
        (GrpcServerLayer::new().leave_retries_to_callers(), "1", 1),
        (GrpcServerLayer::new().leave_retries_to_callers(), "0", 3),
    ] {
        let calls = Arc::new(Calls::new());
        let counted = Arc::clone(&calls);
        let stock = counting(move |_| {
            let calls = Arc::clone(&counted);
            async move { Ok(fetch(&calls).await?) }
        });
        let connection = start(Server::builder().layer(layer).add_service(stock));
        let mut client = Client::new(channel(&endpoint(), connection));
        let request = request(&[("grpc-previous-rpc-attempts", previous)]);
        assert_eq!(client.count(request).await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(calls.count(), expected);
    }
}

#[retry(attempt_timeout = "100ms", deadline = "1s", max_retries = 0)]
#[circuit_breaker(name = "grpc_server below", failure_threshold = 1)]
async fn hang() -> Result<u32, GrpcError> {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn d03_callers_with_tiny_deadlines_open_no_circuit_of_the_server() {
    let stock = counting(async |_| Ok(hang().await?));
    let layer = GrpcServerLayer::new();
    let connection = start(Server::builder().layer(layer).add_service(stock));
    let mut client = Client::new(channel(&endpoint(), connection));
    for sent in ["90m", "20m", "5m", "4m", "3m", "2m", "1m", "1u", "1n"] {
        client.count(request(&[("grpc-timeout", sent)])).await.unwrap_err();
    }
    // The last call reaches its end at the server.
    sleep(ms(5)).await;
    let breaker = Registry::global().get("grpc_server below").unwrap();
    assert_eq!((breaker.state(), breaker.snapshot().in_flight), (CircuitState::Closed, 0));
    assert_eq!(breaker.snapshot().totals.failure, 0);
    // A caller that waits longer than the limit of the attempt sees it fail.
    client.count(request(&[])).await.unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn a_call_can_be_dropped_at_any_poll() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    for polls in 0..3 {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&dropped);
        let service = GrpcServerLayer::new().max(secs(1)).layer(service_fn(move |_| {
            let flag = SetOnDrop(Arc::clone(&flag));
            async move {
                let _flag = flag;
                pending::<Result<Response<Body>, Infallible>>().await
            }
        }));
        poll_and_drop(service.oneshot(call(&[])), polls);
        assert_eq!(dropped.load(SeqCst), polls > 0);
        assert_eq!(deadline::remaining(), None);
    }
}
