//! Connections of HTTP/2, which carry many requests at the same time and end together.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use resilient_http::{ApiClient, ApiClientBuilder, ApiError, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::within;

/// The length of the preface that a client sends before its first frame.
const PREFACE: usize = 24;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// Writes a frame with this type, flags, stream and payload.
async fn write(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend(payload);
    stream.write_all(&frame).await.unwrap();
}

/// Reads frames until a request begins, and returns its stream. Returns `None` at the end.
async fn next_request(stream: &mut TcpStream) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        stream.read_exact(&mut vec![0; length as usize]).await.ok()?;
        if head[3] == HEADERS {
            return Some(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        }
    }
}

/// Responds with 204.
async fn respond(stream: &mut TcpStream, id: u32) {
    const END_OF_STREAM_AND_HEADERS: u8 = 5;
    // The index of `:status: 204` in the static table of HPACK.
    write(stream, HEADERS, END_OF_STREAM_AND_HEADERS, id, &[0x89]).await;
}

/// Starts a server that runs `serve` for each connection, with the number of earlier connections.
async fn server<F>(serve: impl Fn(usize, TcpStream) -> F + Send + 'static) -> ApiClientBuilder
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut preface = [0; PREFACE];
            stream.read_exact(&mut preface).await.unwrap();
            write(&mut stream, SETTINGS, 0, 0, &[]).await;
            tokio::spawn(serve(connection, stream));
        }
    });
    ApiClient::builder(url).configure(reqwest::ClientBuilder::http2_prior_knowledge)
}

/// Responds to all requests of the connection.
async fn serve_all(mut stream: TcpStream) {
    while let Some(id) = next_request(&mut stream).await {
        respond(&mut stream, id).await;
    }
}

#[tokio::test]
async fn requests_that_are_lost_together_on_a_used_connection_are_no_failures_and_all_succeed() {
    const CALLS: usize = 20;
    let serve = async |connection: usize, mut stream: TcpStream| {
        if connection > 0 {
            return serve_all(stream).await;
        }
        let first = next_request(&mut stream).await.unwrap();
        respond(&mut stream, first).await;
        for _ in 0..CALLS {
            next_request(&mut stream).await.unwrap();
        }
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    };
    let api = server(serve).await.build().unwrap();
    let () = within("the first call", api.get("x")).await.unwrap();
    let mut running = JoinSet::new();
    for _ in 0..CALLS {
        running.spawn(api.get::<()>("x").into_future());
    }
    for result in within("the calls", running.join_all()).await {
        result.unwrap();
    }
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (1 + CALLS as u64, 0), "{totals:?}");
}

/// RFC 9113, section 6.8: the streams above the last one that the frame names were not processed,
/// whatever its code is.
#[tokio::test]
async fn a_post_above_the_last_stream_of_a_goaway_with_an_error_is_retried_and_is_a_failure() {
    const INTERNAL_ERROR: u8 = 2;
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let serve = move |connection: usize, mut stream: TcpStream| {
        let seen = Arc::clone(&seen);
        async move {
            if connection > 0 {
                return serve_all(stream).await;
            }
            next_request(&mut stream).await.unwrap();
            seen.fetch_add(1, SeqCst);
            write(&mut stream, GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, INTERNAL_ERROR]).await;
            let _ = next_request(&mut stream).await;
        }
    };
    let api = server(serve).await.build().unwrap();
    let () = within("the call", api.post("x").json(&1)).await.unwrap();
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (1, 1), "{totals:?}");
    assert_eq!(requests.load(SeqCst), 1);
}

/// The server names the stream as one that it may have processed.
#[tokio::test]
async fn a_post_that_a_goaway_does_not_exclude_is_sent_once() {
    const LAST: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 0];
    let serve = async |_: usize, mut stream: TcpStream| {
        next_request(&mut stream).await.unwrap();
        write(&mut stream, GOAWAY, 0, 0, &LAST).await;
    };
    let api = server(serve).await.build().unwrap();
    let error = within("the call", api.post::<()>("x").json(&1)).await.unwrap_err();
    let is_lost = matches!(error, ApiError::Connection { phase: Phase::Send, .. });
    assert!(is_lost && error.attempts() == 1, "{error:?}");
}
