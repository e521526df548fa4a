//! Streamed responses: what the limits bound, when the permit is reported, and as what.

use std::time::Duration;

use futures_core::Stream;
use resilient::breaker::{BreakerSnapshot, CircuitState};
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, BreakerConfig, Bytes, ErrorKind, Phase,
    StreamedResponse, TimeoutPhase,
};

use crate::support::api::{Api, answer};
use crate::support::pipe::{OpenPipe, Pipe};
use crate::support::raw::{Raw, Step, write};
use crate::support::settings::{client, patient, quick};
use crate::support::{until, within};

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn on(pipe: &Pipe) -> ApiClientBuilder {
    ApiClient::builder("http://localhost")
        .transport(pipe.clone())
        .retry(quick())
        .circuit_breaker(patient())
        .no_budget()
}

fn seen(client: &ApiClient) -> BreakerSnapshot {
    client.circuit_breaker().snapshot()
}

/// Returns the number of successes, failures, ignored and abandoned calls.
fn counts(client: &ApiClient) -> (u64, u64, u64, u64) {
    let totals = seen(client).totals;
    (totals.success, totals.failure, totals.ignored, totals.abandoned)
}

async fn opened(client: &ApiClient, pipe: &Pipe) -> (StreamedResponse, OpenPipe) {
    let body = pipe.ok();
    (client.get("big").stream().await.unwrap(), body)
}

async fn text(response: &mut StreamedResponse) -> String {
    let mut all = Vec::new();
    while let Some(chunk) = response.chunk().await {
        all.extend_from_slice(&chunk.unwrap());
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test(start_paused = true)]
async fn chunks_are_read_while_they_arrive_and_the_end_is_a_success() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    assert_eq!((response.status().as_u16(), response.attempts()), (200, 1));
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    assert_eq!(response.template(), "big");
    for piece in ["a", "bc", "d"] {
        body.send(piece);
        assert_eq!(response.chunk().await.unwrap().unwrap(), piece);
    }
    assert_eq!((client.in_flight(), seen(&client).in_flight), (1, 1));
    assert_eq!(counts(&client), (0, 0, 0, 0));
    drop(body);
    assert!(response.chunk().await.is_none());
    assert!(response.chunk().await.is_none());
    assert_eq!((client.in_flight(), seen(&client).in_flight), (0, 0));
    assert_eq!(counts(&client), (1, 0, 0, 0));
    assert_eq!(pipe.open_bodies(), 0);
    drop(response);
    assert_eq!(counts(&client), (1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn b06_a_dropped_stream_reports_the_outcome_of_its_head() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    for n in 1..=2 {
        let (mut response, body) = opened(&client, &pipe).await;
        if n == 2 {
            body.send("a");
            response.chunk().await.unwrap().unwrap();
        }
        // A runtime is not needed.
        std::thread::spawn(move || drop(response)).join().unwrap();
        assert_eq!(counts(&client), (n, 0, 0, 0));
        assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_reader_says_nothing_about_the_server() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (response, _body) = opened(&client, &pipe).await;
    let reader = tokio::spawn(async move {
        let _response = response;
        panic!("the reader fails");
    });
    assert!(reader.await.unwrap_err().is_panic());
    assert_eq!(counts(&client), (1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_a_failure_and_is_not_retried() {
    let pipe = Pipe::default();
    let config = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let client = on(&pipe).circuit_breaker(config).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    body.send("a");
    body.break_off();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
    let error = response.chunk().await.unwrap().unwrap_err();
    assert!(matches!(error, ApiError::Connection { phase: Phase::Body, .. }), "{error}");
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (200, 1));
    assert!(response.chunk().await.is_none());
    assert_eq!(counts(&client), (0, 1, 0, 0));
    assert_eq!((seen(&client).state, pipe.requests()), (CircuitState::Open, 1));
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
    let rejected = client.get("big").stream().await.unwrap_err();
    assert_eq!(rejected.kind(), ErrorKind::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stays_silent_for_the_idle_limit_is_a_failure() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    for _ in 0..5 {
        // Neither the waits before a chunk nor the time that the caller spends with it add up.
        let later = async {
            tokio::time::sleep(secs(59)).await;
            body.send("a");
        };
        let (chunk, ()) = tokio::join!(response.chunk(), later);
        assert_eq!(chunk.unwrap().unwrap(), "a");
        tokio::time::sleep(secs(600)).await;
    }
    let began = tokio::time::Instant::now();
    let error = response.chunk().await.unwrap().unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 60);
    let ApiError::Timeout { phase: TimeoutPhase::Idle, after, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(after, secs(60));
    assert_eq!(error.to_string(), "GET big: no further data within 60s (status 200)");
    assert!(response.chunk().await.is_none());
    assert_eq!(counts(&client), (0, 1, 0, 0));
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_idle_limit_is_set_by_the_request_else_by_the_client() {
    let pipe = Pipe::default();
    let client = on(&pipe).idle_timeout(secs(5)).build().unwrap();
    for (limit, expected) in [(None, 5), (Some(secs(7)), 7)] {
        let _body = pipe.ok();
        let request = client.get("big");
        let request = match limit {
            None => request,
            Some(limit) => request.idle_timeout(limit),
        };
        let mut response = request.stream().await.unwrap();
        let began = tokio::time::Instant::now();
        assert!(response.chunk().await.unwrap().unwrap_err().is_timeout());
        assert_eq!(began.elapsed().as_secs(), expected);
    }
    let body = pipe.ok();
    let mut response = client.get("big").idle_timeout(None).stream().await.unwrap();
    let later = async {
        tokio::time::sleep(secs(1_000_000)).await;
        drop(body);
    };
    let (chunk, ()) = tokio::join!(response.chunk(), later);
    assert!(chunk.is_none());
    for zero in [
        client.get("big").idle_timeout(Duration::ZERO).stream().await.unwrap_err(),
        on(&pipe).idle_timeout(Duration::ZERO).build().unwrap_err().into(),
    ] {
        assert_eq!(zero.kind(), ErrorKind::Build, "{zero}");
    }
}

#[test]
fn a_runtime_without_timers_is_an_error_and_no_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let pipe = Pipe::default();
        let client = on(&pipe).timeout(None).deadline(None).build().unwrap();
        let (mut response, body) = opened(&client, &pipe).await;
        body.send("a");
        assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
        let error = response.chunk().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");
        assert_eq!(counts(&client), (0, 0, 1, 0));
    });
}

#[test]
fn a_stream_goes_on_in_another_runtime_when_the_first_one_stops_or_is_gone() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    for is_gone in [false, true] {
        let pipe = Pipe::default();
        let client = on(&pipe).build().unwrap();
        let first = runtime();
        let (mut response, body) = first.block_on(opened(&client, &pipe));
        first.block_on(async { assert!(!cut_after(2, response.chunk()).await) });
        let _stopped = (!is_gone).then_some(first);
        runtime().block_on(async {
            assert!(!cut_after(2, response.chunk()).await);
            body.send("a");
            assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
            let silence = tokio::time::timeout(secs(61), response.chunk());
            assert!(silence.await.unwrap().unwrap().unwrap_err().is_timeout());
        });
        assert_eq!(counts(&client), (0, 1, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_and_deadline_end_with_the_head() {
    let pipe = Pipe::default();
    let client = on(&pipe).timeout(secs(1)).deadline(secs(2)).no_retry().build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    let later = async {
        for _ in 0..10 {
            tokio::time::sleep(secs(30)).await;
            body.send("a");
        }
        drop(body);
    };
    let (all, ()) = tokio::join!(text(&mut response), later);
    assert_eq!(all.len(), 10);
    assert_eq!(counts(&client), (1, 0, 0, 0));
    // No head comes.
    let error = client.get("big").stream().await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt, .. }), "{error}");
    assert_eq!(counts(&client), (1, 1, 0, 0));
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_status_is_read_classified_and_retried_as_for_other_calls() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    for status in [503, 404] {
        pipe.respond(status, "application/json").send(r#"{"detail": "busy"}"#);
    }
    let error = client.get("big").stream().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 2));
    assert_eq!(error.message().unwrap(), "busy");
    assert_eq!(counts(&client), (1, 1, 0, 0));
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
    pipe.respond(503, "application/json").send("{}");
    let (response, _body) = opened(&client, &pipe).await;
    assert_eq!(response.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_post_without_a_key_is_not_streamed_twice() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    drop(pipe.respond(500, "text/plain"));
    let error = client.post("big").stream().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), pipe.requests()), (500, 1));
}

#[tokio::test(start_paused = true)]
async fn b06_slow_call_measures_up_to_the_head() {
    let pipe = Pipe::default();
    let config = BreakerConfig::builder().window(100).slow_call(secs(2)).slow_call_rate(1.0);
    let client = on(&pipe).circuit_breaker(config.build().unwrap()).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    tokio::time::sleep(secs(3600)).await;
    assert_eq!((seen(&client).overdue, seen(&client).in_flight), (0, 1));
    drop(body);
    assert!(response.chunk().await.is_none());
    assert_eq!((counts(&client), seen(&client).totals.slow), ((1, 0, 0, 0), 0));
    let late = async {
        tokio::time::sleep(secs(3)).await;
        pipe.ok()
    };
    let (response, _body) = tokio::join!(client.get("big").stream(), late);
    drop(response.unwrap());
    assert_eq!((counts(&client), seen(&client).totals.slow), ((2, 0, 0, 0), 1));
}

#[tokio::test(start_paused = true)]
async fn b11_a_long_stream_does_not_keep_the_circuit_half_open() {
    let pipe = Pipe::default();
    let config = BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(secs(5))
        .probe_timeout(secs(30))
        .build()
        .unwrap();
    let client = on(&pipe).circuit_breaker(config).idle_timeout(None).build().unwrap();
    client.circuit_breaker().trip().unwrap();
    tokio::time::sleep(secs(5)).await;
    let (mut probe, probe_body) = opened(&client, &pipe).await;
    assert_eq!(seen(&client).state, CircuitState::HalfOpen);
    let rejected = client.get("big").stream().await.unwrap_err();
    assert_eq!(rejected.kind(), ErrorKind::CircuitOpen);
    tokio::time::sleep(secs(30)).await;
    let (response, _body) = opened(&client, &pipe).await;
    drop(response);
    assert_eq!(seen(&client).state, CircuitState::Closed);
    // The first probe is late, whatever its end.
    probe_body.break_off();
    probe.chunk().await.unwrap().unwrap_err();
    assert_eq!(seen(&client).state, CircuitState::Closed);
    assert_eq!((client.in_flight(), seen(&client).in_flight), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn closing_lets_streams_go_on_and_shutdown_waits_for_them() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    let left = client.shutdown(secs(1)).await.unwrap_err();
    assert_eq!(left.calls(), 1);
    body.send("a");
    assert_eq!(response.chunk().await.unwrap().unwrap(), "a");
    assert_eq!(client.get("big").stream().await.unwrap_err().kind(), ErrorKind::Closed);
    let later = async {
        tokio::time::sleep(secs(5)).await;
        drop(body);
        response.chunk().await
    };
    let (shut, chunk) = tokio::join!(client.shutdown(secs(60)), later);
    assert_eq!((shut, chunk.is_none()), (Ok(()), true));
    assert_eq!(counts(&client), (1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn only_a_limit_that_was_asked_for_bounds_a_stream() {
    let pipe = Pipe::default();
    let client = on(&pipe).body_limit(3).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    body.send("abcd");
    drop(body);
    assert_eq!(text(&mut response).await, "abcd");
    let (response, body) = opened(&client, &pipe).await;
    let mut response = response.limit(3);
    for piece in ["ab", "c", "d"] {
        body.send(piece);
    }
    assert_eq!(response.chunk().await.unwrap().unwrap(), "ab");
    assert_eq!(response.chunk().await.unwrap().unwrap(), "c");
    let error = response.chunk().await.unwrap().unwrap_err();
    assert!(matches!(error, ApiError::TooLarge { limit: 3, .. }), "{error}");
    assert!(response.chunk().await.is_none());
    assert_eq!(counts(&client), (1, 0, 1, 0));
    assert_eq!(client.in_flight(), 0);
}

/// Polls the future `polls` times, with everything else running in between, and drops it.
async fn cut_after<F: Future>(polls: usize, future: F) -> bool {
    let mut future = std::pin::pin!(future);
    for _ in 0..polls {
        let poll = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx)));
        if poll.await.is_ready() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    false
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_at_any_point_leaves_nothing_behind() {
    for polls in 0..40 {
        let pipe = Pipe::default();
        let client = on(&pipe).build().unwrap();
        let call = async {
            let mut response = client.get("big").stream().await.unwrap();
            while let Some(chunk) = response.chunk().await {
                chunk.unwrap();
            }
        };
        let server = async {
            for status in [503, 500, 200] {
                tokio::time::sleep(Duration::from_millis(3)).await;
                let body = pipe.respond(status, "text/plain");
                tokio::time::sleep(Duration::from_millis(3)).await;
                body.send("a");
            }
        };
        let (is_done, ()) = tokio::join!(cut_after(polls, call), server);
        let (success, failure, ignored, abandoned) = counts(&client);
        let ends = success + failure + ignored + abandoned;
        assert_eq!(ends, pipe.requests() as u64, "{polls} polls");
        assert!(failure <= 2 && success + abandoned <= 1, "{polls} polls");
        assert!(!is_done || success == 1, "{polls} polls");
        assert_eq!((client.in_flight(), seen(&client).in_flight), (0, 0), "{polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_for_a_chunk_loses_nothing() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    for n in 0..10_u8 {
        assert!(!cut_after(2, response.chunk()).await);
        body.send(vec![n]);
        assert_eq!(response.chunk().await.unwrap().unwrap(), vec![n]);
    }
    // Waits that were dropped count to the idle limit, because no chunk came in between.
    for _ in 0..2 {
        let waited = tokio::time::timeout(secs(25), response.chunk()).await;
        assert!(waited.is_err());
    }
    let error = response.chunk().await.unwrap().unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(counts(&client), (0, 1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_response_is_a_stream_of_its_chunks() {
    fn is_stream<S: Stream<Item = Result<Bytes, ApiError>> + Unpin + Send>(_: &S) {}
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut response, body) = opened(&client, &pipe).await;
    is_stream(&response);
    body.send("a");
    drop(body);
    let mut next =
        async || std::future::poll_fn(|cx| std::pin::Pin::new(&mut response).poll_next(cx)).await;
    assert_eq!(next().await.unwrap().unwrap(), "a");
    assert!(next().await.is_none());
    assert_eq!(counts(&client), (1, 0, 0, 0));
}

#[tokio::test]
async fn a_response_that_was_read_to_its_end_leaves_its_connection_for_the_next_call() {
    let api = Api::serve(|_, _| answer(200, &[], "abc")).await;
    let client = client(&api.url).build().unwrap();
    for _ in 0..3 {
        let mut response = client.get("big").stream().await.unwrap();
        assert_eq!(within("the body", text(&mut response)).await, "abc");
    }
    assert_eq!((counts(&client), client.in_flight()), ((3, 0, 0, 0), 0));
    assert_eq!((api.count(), api.connections.accepted()), (3, 1));
}

#[tokio::test]
async fn a_socket_that_breaks_in_the_middle_is_a_failure() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
    for steps in [vec![write(head)], vec![write(short)], vec![write(head), Step::Reset]] {
        let server = Raw::always(steps).await;
        let client = client(&server.url).build().unwrap();
        let mut response = client.get("big").stream().await.unwrap();
        let error = loop {
            match within("a chunk", response.chunk()).await.expect("no clean end") {
                Ok(chunk) => assert_eq!(chunk, "abc"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, ApiError::Connection { phase: Phase::Body, .. }), "{error}");
        assert_eq!((counts(&client), server.count()), ((0, 1, 0, 0), 1));
    }
}

#[tokio::test]
async fn a_dropped_stream_closes_its_connection() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let server = Raw::always(vec![write(head), Step::Stall]).await;
    let client = client(&server.url).build().unwrap();
    let mut response = client.get("big").stream().await.unwrap();
    assert_eq!(within("a chunk", response.chunk()).await.unwrap().unwrap(), "abc");
    assert_eq!(server.connections.open(), 1);
    drop(response);
    until("the connection is closed", || server.connections.open() == 0).await;
    assert_eq!(counts(&client), (1, 0, 0, 0));
}

#[test]
fn neither_the_body_nor_headers_are_printed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pipe = Pipe::default();
        let client = on(&pipe).build().unwrap();
        let body = pipe.respond(200, "text/secret");
        let mut response = client.get("big").stream().await.unwrap();
        body.send("secret");
        response.chunk().await.unwrap().unwrap();
        body.break_off();
        let error = response.chunk().await.unwrap().unwrap_err();
        let printed = format!("{response:?} {error} {error:?}");
        assert!(!printed.contains("secret"), "{printed}");
    });
}
