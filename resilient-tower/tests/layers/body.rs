//! Responses whose body is in flight after the head.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Classification};
use resilient_testkit::{closed, due, fragile, panic_quietly, run, secs, while_unwinding};
use resilient_tower::{BreakerLayer, GrpcStatus, GuardedBody, HttpStatus};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::{call, ends};

/// One poll of a body.
#[derive(Debug, Clone)]
enum Step {
    Data(&'static str),
    Trailers(&'static str),
    Broken,
    Panics,
    Pending,
}

use Step::{Broken, Data, Panics, Pending, Trailers};

/// A body with these steps. `knows_end` says whether it knows that it has ended before it is polled
/// for its end, as a body with a length does.
#[derive(Debug, Clone, Default)]
struct Script {
    steps: VecDeque<Step>,
    knows_end: bool,
    polled_after_end: bool,
}

impl Script {
    fn of<const N: usize>(steps: [Step; N]) -> Self {
        Self { steps: steps.into(), ..Self::default() }
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(step) = self.steps.pop_front() else {
            self.polled_after_end = true;
            return Poll::Ready(None);
        };
        match step {
            Data(text) => Poll::Ready(Some(Ok(Frame::data(Bytes::from(text))))),
            Trailers(status) => Poll::Ready(Some(Ok(Frame::trailers(grpc_status(status))))),
            Broken => Poll::Ready(Some(Err("reset".into()))),
            Panics => panic_quietly(),
            Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.knows_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.steps.len() as u64)
    }
}

fn grpc_status(status: &'static str) -> HeaderMap {
    let name = HeaderName::from_static("grpc-status");
    HeaderMap::from_iter([(name, HeaderValue::from_static(status))])
}

fn response(status: u16, body: Script) -> Response<Script> {
    Response::builder().status(status).body(body).unwrap()
}

type Http = GuardedBody<Script, HttpStatus>;
type Grpc = GuardedBody<Script, GrpcStatus>;

/// Makes a call that responds with this response, and returns what its caller gets.
fn http(breaker: &CircuitBreaker, response: Response<Script>) -> Response<Http> {
    let inner = service_fn(move |()| std::future::ready(Ok::<_, BoxError>(response.clone())));
    let layer = BreakerLayer::new(breaker.clone()).http();
    run(call(&mut layer.layer(inner), ())).unwrap()
}

fn grpc(breaker: &CircuitBreaker, response: Response<Script>) -> Response<Grpc> {
    let inner = service_fn(move |()| std::future::ready(Ok::<_, BoxError>(response.clone())));
    let layer = BreakerLayer::new(breaker.clone()).grpc();
    run(call(&mut layer.layer(inner), ())).unwrap()
}

type Polled<B> = Result<Frame<<B as Body>::Data>, <B as Body>::Error>;

/// Polls a body once.
fn frame<B: Body + Unpin>(body: &mut B) -> Poll<Option<Polled<B>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// Polls a body until its end, its error, or a poll without a frame.
fn read<B: Body + Unpin>(body: &mut B) {
    while let Poll::Ready(Some(Ok(_))) = frame(body) {}
}

#[test]
fn b06_a_healthy_call_is_in_flight_until_its_body_ends() {
    let (breaker, _clock) = due(&fragile());
    let mut body = http(&breaker, response(200, Script::of([Data("a"), Pending, Data("b")])));
    let body = body.body_mut();
    for _ in 0..3 {
        assert_eq!((ends(&breaker), breaker.snapshot().probes_in_flight), ([0; 4], 1));
        let _ = frame(body);
    }
    assert!(matches!(frame(body), Poll::Ready(None)));
    assert_eq!((ends(&breaker), breaker.state()), ([1, 0, 0, 0], CircuitState::Closed));
    // A body may be polled after its end.
    assert!(matches!(frame(body), Poll::Ready(None)));
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
}

/// A reader stops when the body says that it has ended, and does not poll again.
#[test]
fn b06_the_last_frame_of_a_body_that_knows_its_end_ends_the_call() {
    let (breaker, _clock) = due(&fragile());
    let script = Script { knows_end: true, ..Script::of([Data("a"), Data("b")]) };
    let mut body = http(&breaker, response(200, script)).into_body();
    assert!(frame(&mut body).is_ready());
    assert_eq!((ends(&breaker), body.is_end_stream()), ([0; 4], false));
    assert!(frame(&mut body).is_ready());
    assert_eq!((ends(&breaker), body.is_end_stream()), ([1, 0, 0, 0], true));
    assert!(!body.get_ref().polled_after_end);
}

#[test]
fn b06_an_empty_body_ends_the_call_at_once() {
    let (breaker, _clock) = closed(&fragile());
    let empty = Script { knows_end: true, ..Script::default() };
    let response = http(&breaker, response(204, empty.clone()));
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
    drop(response);
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
    // A response of gRPC without trailers has no status.
    drop(grpc(&breaker, Response::new(empty)));
    assert_eq!(ends(&breaker), [1, 1, 0, 0]);
}

#[test]
fn b06_a_body_that_breaks_off_is_a_failure() {
    for read_first in [0, 1] {
        let (breaker, _clock) = closed(&fragile());
        let steps = if read_first == 0 { vec![Broken] } else { vec![Data("a"), Broken] };
        let script = Script { steps: steps.into(), ..Script::default() };
        let mut body = http(&breaker, response(200, script)).into_body();
        read(&mut body);
        assert_eq!((ends(&breaker), breaker.state()), ([0, 1, 0, 0], CircuitState::Open));
        let text = breaker.snapshot().last_failures[0];
        assert_eq!(text.text().unwrap().as_str(), "the body broke off");
        drop(body);
        assert_eq!(ends(&breaker), [0, 1, 0, 0]);
    }
}

#[test]
fn b06_a_body_that_panics_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    let mut body = http(&breaker, response(200, Script::of([Data("a"), Panics]))).into_body();
    assert!(frame(&mut body).is_ready());
    catch_unwind(AssertUnwindSafe(|| drop(frame(&mut body)))).unwrap_err();
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
    drop(body);
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
}

#[test]
fn b06_a_body_that_the_caller_drops_has_the_outcome_of_the_head() {
    for polls in 0..3 {
        let (breaker, _clock) = due(&fragile());
        let script = Script::of([Data("a"), Pending, Data("b"), Broken]);
        let mut body = http(&breaker, response(200, script)).into_body();
        for _ in 0..polls {
            let _ = frame(&mut body);
        }
        drop(body);
        assert_eq!((ends(&breaker), breaker.state()), ([1, 0, 0, 0], CircuitState::Closed));
    }
    // The caller panics, not the dependency.
    let (breaker, _clock) = due(&fragile());
    while_unwinding(http(&breaker, response(200, Script::of([Pending]))));
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
}

#[test]
fn b06_an_unhealthy_head_ends_the_call_at_once() {
    for (status, expected) in [
        (500, [0, 1, 0, 0]),
        (501, [0, 1, 0, 0]),
        (503, [0, 1, 0, 0]),
        (408, [0, 1, 0, 0]),
        (429, [0, 0, 1, 0]),
    ] {
        let (breaker, _clock) = due(&fragile().failure_threshold(9));
        let mut response = http(&breaker, response(status, Script::of([Data("sorry"), Broken])));
        assert_eq!(ends(&breaker), expected, "{status}");
        read(response.body_mut());
        assert_eq!(ends(&breaker), expected, "{status}");
    }
}

#[test]
fn b06_other_statuses_are_successes() {
    for status in [200, 204, 304, 400, 401, 404, 499] {
        let (breaker, _clock) = closed(&fragile());
        read(http(&breaker, response(status, Script::of([Data("a")]))).body_mut());
        assert_eq!(ends(&breaker), [1, 0, 0, 0], "{status}");
    }
}

#[test]
fn b09_retry_after_prolongs_the_open_time() {
    let (breaker, _clock) = closed(&fragile());
    let mut busy = response(503, Script::default());
    busy.headers_mut().insert("retry-after", HeaderValue::from_static("99"));
    drop(http(&breaker, busy));
    let rejected = breaker.try_acquire().map(drop).unwrap_err();
    assert_eq!(rejected.retry_after(), Some(secs(99)));
}

#[tokio::test(start_paused = true)]
async fn b06_a_slow_call_is_one_whose_head_is_slow() {
    let config = BreakerConfig::builder().slow_call("2s").slow_call_rate(1.0).window(9);
    let breaker = CircuitBreaker::new("slow", config.min_calls(9).build().unwrap());
    let inner = service_fn(async |head: u64| {
        tokio::time::sleep(secs(head)).await;
        Ok::<_, BoxError>(response(200, Script::of([Data("a")])))
    });
    let service = BreakerLayer::new(breaker.clone()).http().layer(inner);
    for (head, body, slow) in [(1, 60, 0), (2, 0, 1)] {
        let mut response = service.clone().oneshot(head).await.unwrap();
        tokio::time::advance(secs(body)).await;
        read(response.body_mut());
        assert_eq!(breaker.snapshot().totals.slow, slow, "{head}");
    }
    assert_eq!(ends(&breaker), [2, 0, 0, 0]);
}

#[test]
fn b11_the_slot_of_a_long_body_is_free_after_the_probe_timeout() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(30)));
    let endless = http(&breaker, response(200, Script::of([Pending])));
    clock.advance(secs(29));
    assert!(breaker.try_acquire().is_err());
    clock.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    drop(endless);
    assert_eq!((breaker.snapshot().totals.late, breaker.state()), (1, CircuitState::HalfOpen));
    drop(probe);
}

#[test]
fn b10_ten_thousand_dropped_responses_leave_no_permit() {
    let (breaker, _clock) = due(&fragile().half_open_successes(u32::MAX));
    for number in 0..10_000 {
        let mut body = http(&breaker, response(200, Script::of([Data("a"), Pending]))).into_body();
        for _ in 0..number % 3 {
            let _ = frame(&mut body);
        }
    }
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.probes_in_flight, snapshot.totals.success), (0, 10_000));
}

#[test]
fn the_status_of_grpc_is_in_the_trailers() {
    for (status, expected) in [
        ("0", [1, 0, 0, 0]),
        ("5", [1, 0, 0, 0]),
        ("14", [0, 1, 0, 0]),
        ("8", [0, 0, 1, 0]),
        ("10", [1, 0, 0, 0]),
        ("no number", [0, 1, 0, 0]),
    ] {
        let (breaker, _clock) = closed(&fragile().failure_threshold(9));
        let mut body = grpc(&breaker, response(200, Script::of([Data("a"), Trailers(status)])));
        assert!(frame(body.body_mut()).is_ready());
        assert_eq!(ends(&breaker), [0; 4], "{status}");
        // The reader may stop after the trailers.
        assert!(frame(body.body_mut()).is_ready());
        assert_eq!(ends(&breaker), expected, "{status}");
    }
}

#[test]
fn a_response_of_grpc_can_have_its_status_in_the_headers() {
    for (status, expected) in [("0", [1, 0, 0, 0]), ("14", [0, 1, 0, 0]), ("7", [1, 0, 0, 0])] {
        let (breaker, _clock) = closed(&fragile());
        let mut head = response(200, Script { knows_end: true, ..Script::default() });
        *head.headers_mut() = grpc_status(status);
        drop(grpc(&breaker, head));
        assert_eq!(ends(&breaker), expected, "{status}");
    }
}

#[test]
fn a_response_of_grpc_without_a_status_is_a_failure() {
    let (breaker, _clock) = closed(&fragile());
    read(grpc(&breaker, response(200, Script::of([Data("a")]))).body_mut());
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
    assert_eq!(breaker.snapshot().last_failures[0].text().unwrap().as_str(), "no grpc-status");
    // A proxy that knows no gRPC responds.
    let (breaker, _clock) = closed(&fragile());
    drop(grpc(&breaker, response(502, Script::of([Data("bad gateway")]))));
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
}

#[test]
fn trailers_of_http_end_the_call() {
    let (breaker, _clock) = closed(&fragile());
    let mut body = http(&breaker, response(200, Script::of([Trailers("14"), Broken])));
    assert!(frame(body.body_mut()).is_ready());
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
}

#[test]
fn a_closure_can_classify_responses() {
    let (breaker, _clock) = closed(&fragile());
    let layer =
        BreakerLayer::new(breaker.clone()).responses(|status: StatusCode, _: &HeaderMap| {
            (status == StatusCode::IM_A_TEAPOT).then(Classification::transient)
        });
    let inner = service_fn(|status| {
        std::future::ready(Ok::<_, BoxError>(response(status, Script::default())))
    });
    let mut service = layer.layer(inner);
    drop(run(call(&mut service, 500)).unwrap());
    assert_eq!(ends(&breaker), [1, 0, 0, 0]);
    drop(run(call(&mut service, 418)).unwrap());
    assert_eq!(ends(&breaker), [1, 1, 0, 0]);
}

#[test]
fn errors_and_rejections_pass_through_a_layer_for_responses() {
    let (breaker, _clock) = closed(&fragile());
    let layer = BreakerLayer::new(breaker.clone()).boxed_errors().http();
    let inner = service_fn(async |()| Err::<Response<Script>, _>(BoxError::from("down")));
    let mut service = layer.layer(inner);
    assert_eq!(run(call(&mut service, ())).unwrap_err().to_string(), "down");
    assert_eq!(ends(&breaker), [0, 1, 0, 0]);
    let error = run(call(&mut service, ())).unwrap_err();
    assert!(CircuitOpen::find_in(&*error).is_some());
}

#[test]
fn the_response_of_a_rejected_call_holds_no_permit() {
    let (breaker, _clock) = closed(&fragile());
    breaker.force_open();
    let layer = BreakerLayer::new(breaker.clone())
        .http()
        .on_open(|_: CircuitOpen| Ok::<_, Infallible>(response(503, Script::of([Data("later")]))));
    let inner = service_fn(async |()| Ok::<_, Infallible>(response(200, Script::default())));
    let mut rejected = run(call(&mut layer.layer(inner), ())).unwrap();
    assert_eq!(rejected.status(), StatusCode::SERVICE_UNAVAILABLE);
    read(rejected.body_mut());
    assert_eq!((ends(&breaker), breaker.snapshot().totals.rejected), ([0; 4], 1));
}

#[test]
fn what_the_body_knows_of_its_size_passes_through() {
    let (breaker, _clock) = closed(&fragile());
    let body = http(&breaker, response(200, Script::of([Data("a"), Data("b")]))).into_body();
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(2), false));
    assert!(format!("{body:?}").contains("is_reported: false"));
}
