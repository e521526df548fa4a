//! Server-sent events of a response: how they arrive, how they end, and what counts as a failure.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use http_body::Frame;
use resilient::breaker::CircuitState;
use resilient_http::{
    ApiClient, ApiError, BreakerConfig, Bytes, Classification, ErrorKind, EventStream, Exchange,
    ResponseBody, SseEvent, TimeoutPhase, Transport, TransportError, TransportRequest,
};

use crate::support::api::{Api, answer};
use crate::support::pipe::{OpenPipe, Pipe};
use crate::support::raw::{Raw, Step, write};
use crate::support::settings::{client, patient, quick};
use crate::support::within;

fn on(pipe: &Pipe) -> resilient_http::ApiClientBuilder {
    ApiClient::builder("http://localhost")
        .transport(pipe.clone())
        .retry(quick())
        .circuit_breaker(patient())
        .no_budget()
}

/// Returns the number of successes, failures, ignored and abandoned calls.
fn counts(client: &ApiClient) -> (u64, u64, u64, u64) {
    let totals = client.circuit_breaker().snapshot().totals;
    (totals.success, totals.failure, totals.ignored, totals.abandoned)
}

async fn opened(client: &ApiClient, pipe: &Pipe) -> (EventStream, OpenPipe) {
    let body = pipe.events();
    (client.get("prices").events().await.unwrap(), body)
}

async fn next(events: &mut EventStream) -> SseEvent {
    events.next_event().await.expect("an event").unwrap()
}

#[tokio::test(start_paused = true)]
async fn events_are_returned_as_soon_as_they_are_complete() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut events, body) = opened(&client, &pipe).await;
    body.send("\u{feff}id: 7\nretry: 250\nevent: price\nda");
    body.send("ta: {\"cents\": 450}\r\n\r");
    let event = next(&mut events).await;
    assert_eq!((&*event.event, &*event.id), ("price", "7"));
    assert_eq!(event.json::<serde_json::Value>().unwrap()["cents"], 450);
    assert!(event.json::<Vec<u8>>().is_err());
    body.send("\ndata: a\n\ndata: b\n\ndata: incomplete");
    assert_eq!(next(&mut events).await.data, "a");
    assert_eq!(next(&mut events).await.data, "b");
    assert_eq!(events.last_event_id(), Some("7"));
    assert_eq!(events.retry(), Some(Duration::from_millis(250)));
    assert_eq!(events.response().status().as_u16(), 200);
    assert_eq!(counts(&client), (0, 0, 0, 0));
    drop(body);
    assert!(events.next_event().await.is_none());
    assert!(events.next_event().await.is_none());
    assert_eq!((counts(&client), client.in_flight()), ((1, 0, 0, 0), 0));
}

#[tokio::test]
async fn events_arrive_over_a_socket_in_whatever_pieces_it_delivers() {
    let document = ": hello\n\nevent: é\ndata: 𝄞\ndata: 2\n\ndata: 3\r\n\r\n";
    for cut in 1..document.len() {
        let (first, second) = document.as_bytes().split_at(cut);
        let chunk =
            |piece: &[u8]| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        let server = Raw::always(vec![
            write(head),
            Step::Write(chunk(first)),
            Step::Write(chunk(second)),
            write("0\r\n\r\n"),
        ])
        .await;
        let client = client(&server.url).build().unwrap();
        let mut events = client.get("prices").events().await.unwrap();
        let event = within("the first event", next(&mut events)).await;
        assert_eq!((&*event.event, &*event.data), ("é", "𝄞\n2"));
        assert_eq!(within("the second event", next(&mut events)).await.data, "3");
        assert!(within("the end", events.next_event()).await.is_none());
        assert_eq!(counts(&client), (1, 0, 0, 0));
    }
}

#[tokio::test]
async fn a_request_for_events_accepts_events_unless_a_header_says_otherwise() {
    let types = [("content-type", "Text/Event-Stream; charset=utf-8")];
    let api = Api::serve(move |_, _| answer(200, &types, "data: 1\n\n")).await;
    let client = client(&api.url).build().unwrap();
    for accept in [None, Some("text/event-stream, */*")] {
        let request = client.get("prices").header("last-event-id", "");
        let request = match accept {
            None => request,
            Some(accept) => request.header("accept", accept),
        };
        let mut events = request.events().await.unwrap();
        assert_eq!(next(&mut events).await.data, "1");
        let seen = api.seen();
        let seen = seen.last().unwrap();
        assert_eq!(seen.header("accept"), Some(accept.unwrap_or("text/event-stream")));
        assert_eq!(seen.header("last-event-id"), Some(""));
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_of_another_type_is_an_error_and_no_empty_stream() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    for content_type in ["application/json", "text/plain", "", "text/event-streams"] {
        let _body = pipe.respond(200, content_type);
        let error = client.get("prices").events().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{content_type}");
    }
    assert_eq!(counts(&client), (0, 0, 4, 0));
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_reports_an_error_ends_the_stream_and_is_a_failure() {
    let pipe = Pipe::default();
    let config = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let client = on(&pipe).circuit_breaker(config).build().unwrap();
    let (events, body) = opened(&client, &pipe).await;
    let mut events =
        events.fail_when(|event| (event.event == "error").then(Classification::transient));
    body.send("data: 1\n\nevent: error\ndata: {\"error\": {\"message\": \"Over");
    body.send("loaded\"}}\n\ndata: 2\n\n");
    assert_eq!(next(&mut events).await.data, "1");
    let error = events.next_event().await.unwrap().unwrap_err();
    assert!(matches!(error, ApiError::Judged { .. }), "{error}");
    assert_eq!(error.message().unwrap(), "Overloaded");
    assert_eq!(error.to_string(), "GET prices: the response reports an error (status 200)");
    assert!(error.is_retryable());
    assert!(!format!("{error:?}").contains("Overloaded"));
    assert!(events.next_event().await.is_none());
    assert_eq!(counts(&client), (0, 1, 0, 0));
    assert_eq!(client.circuit_breaker().state(), CircuitState::Open);
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_hook_says_what_an_event_means_for_the_circuit_breaker() {
    let retried = Duration::from_secs(9);
    for (class, expected, is_retryable) in [
        (Classification::permanent(), (0, 1, 0, 0), false),
        (Classification::answered(), (1, 0, 0, 0), false),
        (Classification::throttled().after(retried), (0, 0, 1, 0), true),
    ] {
        let pipe = Pipe::default();
        let client = on(&pipe).build().unwrap();
        let (events, body) = opened(&client, &pipe).await;
        let mut events = events.fail_when(move |_| Some(class));
        body.send("data: quota\n\n");
        let error = events.next_event().await.unwrap().unwrap_err();
        assert_eq!(error.body_text().unwrap(), "quota");
        assert_eq!(error.is_retryable(), is_retryable);
        assert_eq!(error.retry_after(), is_retryable.then_some(retried));
        assert_eq!((counts(&client), pipe.requests()), (expected, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_event_ends_the_stream_although_the_connection_stays_open() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (events, body) = opened(&client, &pipe).await;
    let mut events = events.end_when(|event| event.data == "[DONE]");
    body.send("data: 1\n\ndata: [DONE]\n\ndata: 2\n\n");
    assert_eq!(next(&mut events).await.data, "1");
    assert!(events.next_event().await.is_none());
    assert!(events.next_event().await.is_none());
    assert_eq!(counts(&client), (1, 0, 0, 0));
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn comments_keep_a_stream_alive_and_silence_ends_it() {
    let pipe = Pipe::default();
    let client = on(&pipe).idle_timeout(Duration::from_secs(60)).build().unwrap();
    let (mut events, body) = opened(&client, &pipe).await;
    let server = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(50)).await;
            body.send(": ping\n\n");
        }
        body.send("data: 1\n\n");
    };
    let (event, ()) = tokio::join!(next(&mut events), server);
    assert_eq!(event.data, "1");
    let error = events.next_event().await.unwrap().unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Idle, .. }), "{error}");
    assert_eq!(counts(&client), (0, 1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_within_an_event_returns_no_event() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut events, body) = opened(&client, &pipe).await;
    body.send("id: 1\ndata: 1\n\nid: 2\ndata: half\n");
    body.break_off();
    assert_eq!(next(&mut events).await.data, "1");
    let error = events.next_event().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(events.next_event().await.is_none());
    // A server that continues behind event 2 would leave it out.
    assert_eq!(events.last_event_id(), Some("1"));
    assert_eq!(counts(&client), (0, 1, 0, 0));
}

/// A body that never ends and never waits.
struct Endless(&'static str);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        Poll::Ready(Some(Ok(Frame::data(self.0.into()))))
    }
}

impl Transport for Endless {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        let response = http::Response::builder().header("content-type", "text/event-stream");
        let response = response.body(ResponseBody::new(Self(self.0)));
        Box::pin(async { Ok(response.unwrap()) })
    }
}

#[tokio::test]
async fn a_stream_that_is_always_ready_and_has_no_event_does_not_keep_the_thread() {
    for text in [": comment\n", "\n", ""] {
        let builder = ApiClient::builder("http://localhost").transport(Endless(text));
        let mut events = builder.build().unwrap().get("prices").events().await.unwrap();
        let next = tokio::time::timeout(Duration::from_millis(1), events.next_event());
        assert!(next.await.is_err(), "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_has_at_most_the_bytes_of_the_body_limit() {
    let pipe = Pipe::default();
    let client = on(&pipe).body_limit(100).build().unwrap();
    let (mut events, body) = opened(&client, &pipe).await;
    let small = format!("data: {}\n\n", "x".repeat(80));
    for _ in 0..10 {
        body.send(small.clone());
        assert_eq!(next(&mut events).await.data.len(), 80);
    }
    body.send("data: ");
    body.send("x".repeat(100));
    let error = events.next_event().await.unwrap().unwrap_err();
    assert!(matches!(error, ApiError::TooLarge { limit: 100, .. }), "{error}");
    assert!(events.next_event().await.is_none());
    assert_eq!(counts(&client), (0, 0, 1, 0));
    assert_eq!((client.in_flight(), pipe.open_bodies()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn events_that_are_dropped_report_the_outcome_of_the_head() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut events, body) = opened(&client, &pipe).await;
    body.send("data: 1\n\nevent: error\n");
    assert_eq!(next(&mut events).await.data, "1");
    assert!(!format!("{events:?}").contains("data"));
    drop(events);
    assert_eq!((counts(&client), client.in_flight()), ((1, 0, 0, 0), 0));
}

#[tokio::test]
async fn events_are_a_stream() {
    let pipe = Pipe::default();
    let client = on(&pipe).build().unwrap();
    let (mut events, body) = opened(&client, &pipe).await;
    body.send("data: a\n\n");
    drop(body);
    let mut next =
        async || std::future::poll_fn(|cx| Stream::poll_next(Pin::new(&mut events), cx)).await;
    assert_eq!(next().await.unwrap().unwrap().data, "a");
    assert!(next().await.is_none());
}
