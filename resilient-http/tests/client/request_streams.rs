//! Request bodies that are streams of the caller, and fail or panic.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame};
use resilient_http::{ApiClient, ApiError, Body, Bytes};
use tokio::sync::watch;

use crate::support::raw::{Raw, Step, ok, write};
use crate::support::{until, within};

/// What the stream does after its first piece, as soon as the test says so.
#[derive(Clone, Copy)]
enum End {
    Error,
    Panic,
}

struct FailingStream {
    has_begun: bool,
    end: End,
    may_end: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

impl HttpBody for FailingStream {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if !std::mem::replace(&mut self.has_begun, true) {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece")))));
        }
        std::task::ready!(self.may_end.as_mut().poll(cx));
        match self.end {
            End::Error => Poll::Ready(Some(Err(std::io::Error::other("the file is gone")))),
            End::Panic => panic!("the stream is broken"),
        }
    }
}

/// Returns a body, and what ends its streams.
fn failing(end: End) -> (Body, watch::Sender<bool>) {
    let (sender, receiver) = watch::channel(false);
    let body = Body::factory(move || {
        let mut receiver = receiver.clone();
        let may_end = Box::pin(async move {
            receiver.wait_for(|may_end| *may_end).await.unwrap();
        });
        FailingStream { has_begun: false, end, may_end }
    });
    (body, sender)
}

fn assert_callers_fault(api: &ApiClient, error: &ApiError) {
    assert!(matches!(error, ApiError::RequestBody { .. }), "{error:?}");
    assert_eq!(error.attempts(), 1);
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.failure, totals.ignored), (0, 1), "{totals:?}");
}

/// A response that begins before the request has ended, and waits for its rest.
async fn early() -> Raw {
    let head = write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
    Raw::always(vec![head, Step::Stall]).await
}

#[tokio::test]
async fn a_stream_that_fails_or_panics_is_the_callers_fault_and_its_connection_is_not_reused() {
    for end in [End::Error, End::Panic] {
        let server = Raw::serve(|n| if n == 0 { vec![Step::Stall] } else { vec![ok("1")] }).await;
        let api = ApiClient::builder(&server.url).build().unwrap();
        let (body, sender) = failing(end);
        let ended = tokio::join!(within("the call", api.put::<()>("x").body(body)), async {
            until("the request arrived", || server.count() == 1).await;
            sender.send_replace(true);
        });
        assert_callers_fault(&api, &ended.0.unwrap_err());
        let _: u32 = within("the next call", api.get("x")).await.unwrap();
        assert_eq!(server.connections.accepted(), 2);
    }
}

#[tokio::test]
async fn a_stream_that_fails_after_the_response_head_is_the_callers_fault() {
    for end in [End::Error, End::Panic] {
        let server = early().await;
        let api = ApiClient::builder(&server.url).build().unwrap();
        let (body, sender) = failing(end);
        let mut response = within("the head", api.put("x").body(body).stream()).await.unwrap();
        assert_eq!(within("a chunk", response.chunk()).await.unwrap().unwrap(), "abc");
        sender.send_replace(true);
        let error = within("the end", response.chunk()).await.unwrap().unwrap_err();
        assert_callers_fault(&api, &error);
    }
}

#[tokio::test]
async fn a_call_whose_stream_fails_while_its_response_arrives_is_not_retried() {
    let server = early().await;
    let api = ApiClient::builder(&server.url).build().unwrap();
    let (body, sender) = failing(End::Error);
    let ended = tokio::join!(within("the call", api.put::<()>("x").body(body)), async {
        // The server writes the head right after it has counted the request.
        until("the request arrived", || server.count() == 1).await;
        sender.send_replace(true);
    });
    assert_callers_fault(&api, &ended.0.unwrap_err());
    assert_eq!(server.count(), 1);
}
