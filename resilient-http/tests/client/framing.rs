//! Callers cannot set headers that frame the body, because false headers could make the server
//! misread the connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Frame, SizeHint};
use http_body_util::Full;
use resilient_http::{
    ApiError, ApiRequest, Body, BuildErrorKind, Bytes, ErrorKind, HeaderMap, HeaderValue,
};

use crate::support::api::{Api, json};
use crate::support::settings::client;
use crate::support::within;

fn is_refused(error: &ApiError) -> bool {
    matches!(error, ApiError::Build(problem) if problem.kind() == BuildErrorKind::Header)
}

#[tokio::test]
async fn fm_g5_a_length_that_is_not_the_bodys_is_refused_before_anything_is_sent() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for (name, value) in [
        ("content-length", "5"),
        ("content-length", "x"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "identity"),
    ] {
        let error = within("a GET", api.get::<u32>("x").header(name, value)).await;
        assert!(is_refused(&error.unwrap_err()), "{name}: {value}");
        let call = api.post::<u32>("x").json("a long body").header(name, value);
        let error = within("a POST", call).await;
        assert!(is_refused(&error.unwrap_err()), "{name}: {value}");
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        let error = within("headers", api.get::<u32>("x").headers(headers.clone())).await;
        assert!(is_refused(&error.unwrap_err()), "{name}: {value}");
        let api = client(&server.url).default_headers(headers).build().unwrap();
        let error = within("default headers", api.get::<u32>("x")).await;
        assert!(is_refused(&error.unwrap_err()), "{name}: {value}");
    }
    let data = r#"{"headers": {"Content-Length": "5"}, "url": "x"}"#;
    let data: ApiRequest = serde_json::from_str(data).unwrap();
    let error = within("data", api.call::<u32>(&data).unwrap()).await;
    assert!(is_refused(&error.unwrap_err()));
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_content_length_is_sent_if_it_fits_the_body_or_the_body_is_a_stream() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    let stream = Body::once(Full::new(Bytes::from_static(b"12345")));
    for call in [api.post::<u32>("x").bytes("12345"), api.post::<u32>("x").body(stream)] {
        let call = call.header("content-length", "5");
        within("the call", call).await.unwrap();
        assert_eq!(server.seen().last().unwrap().text(), "12345");
    }
    let call = api.get::<u32>("x").header("content-length", "0");
    within("the call", call).await.unwrap();
}

/// A stream of four bytes that may claim another length.
struct FourBytes {
    claimed: Option<u64>,
    pieces: Vec<&'static str>,
}

impl http_body::Body for FourBytes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.pieces.pop().map(|piece| Ok(Frame::data(piece.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        self.claimed.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

#[tokio::test]
async fn a_stream_of_another_length_than_stated_is_the_callers_fault_and_not_a_cut_upload() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for (header, claimed, is_sent) in [
        (Some("4"), None, true),
        (Some("3"), None, false),
        (Some("5"), None, false),
        (None, Some(4), true),
        (None, Some(3), false),
        (None, Some(5), false),
    ] {
        let body = Body::factory(move || FourBytes { claimed, pieces: vec!["cd", "ab"] });
        let call = api.put::<u32>("x").body(body);
        let call = match header {
            Some(length) => call.header("content-length", length),
            None => call,
        };
        let shown = format!("{header:?} {claimed:?}");
        match within("the call", call).await {
            Ok(_) => assert!(is_sent, "{shown}"),
            Err(error) => {
                assert!(!is_sent, "{shown}: {error}");
                assert_eq!(
                    (error.kind(), error.attempts()),
                    (ErrorKind::RequestBody, 1),
                    "{shown}"
                );
            }
        }
    }
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.ignored), (2, 0, 4));
}
