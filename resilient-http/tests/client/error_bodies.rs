//! Once an error status has arrived, its body is optional: whatever happens to the body, the
//! outcome is that of the status, and the error has the status, the headers, the hint and the part
//! that came.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Body as HttpBody, Frame};
use resilient_http::{
    ApiClient, ApiError, Bytes, Exchange, Phase, ResponseBody, TimeoutPhase, Transport,
    TransportError, TransportRequest,
};
use tokio::time::{Instant, Interval, interval};

use crate::support::raw::{Raw, Step, write};
use crate::support::settings::client;
use crate::support::within;

/// Responds with these bytes of a body, one every 100 ms, and then with no more.
struct Trickle {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    requests: Arc<AtomicUsize>,
}

impl Trickle {
    fn new(
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
    ) -> (Self, Arc<AtomicUsize>) {
        let requests = Arc::new(AtomicUsize::new(0));
        (Self { status, headers, body, requests: Arc::clone(&requests) }, requests)
    }
}

impl Transport for Trickle {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        self.requests.fetch_add(1, SeqCst);
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(*name, *value);
        }
        let ticks = interval(Duration::from_millis(100));
        let body = ResponseBody::new(TrickledBody { left: self.body.as_bytes(), ticks });
        Box::pin(async { Ok(response.body(body).unwrap()) })
    }
}

struct TrickledBody {
    left: &'static [u8],
    ticks: Interval,
}

impl HttpBody for TrickledBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        std::task::ready!(self.ticks.poll_tick(cx));
        match self.left {
            [first, rest @ ..] => {
                let piece = Bytes::copy_from_slice(&[*first]);
                self.left = rest;
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            [] => Poll::Pending,
        }
    }
}

/// The counts of successes, failures, ignored and abandoned calls.
fn counted(api: &ApiClient) -> (u64, u64, u64, u64) {
    let totals = api.circuit_breaker().snapshot().totals;
    (totals.success, totals.failure, totals.ignored, totals.abandoned)
}

#[tokio::test(start_paused = true)]
async fn fm_f4_a_429_with_half_a_body_and_silence_is_one_request_and_keeps_its_wait() {
    // 30 s do not fit into the deadline of 30 s, so the call ends at once.
    let headers = &[("retry-after", "30"), ("x-request-id", "r1")];
    for is_post in [false, true] {
        let (transport, requests) = Trickle::new(429, headers, r#"{"det"#);
        let api = ApiClient::builder("http://localhost").transport(transport).build().unwrap();
        let began = Instant::now();
        let method = if is_post { http::Method::POST } else { http::Method::GET };
        let error = api.request(method, "x").await.unwrap_err();
        let ApiError::RateLimited { retry_after, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*retry_after, Some(Duration::from_secs(30)));
        assert_eq!((error.status().unwrap().as_u16(), error.request_id()), (429, Some("r1")));
        assert_eq!((&*error.body_text().unwrap(), error.is_body_truncated()), (r#"{"det"#, true));
        assert!(error.is_retryable());
        assert_eq!((began.elapsed().as_millis(), requests.load(SeqCst)), (1000, 1));
        assert_eq!(counted(&api), (0, 0, 1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn fm_f5_the_body_of_an_error_that_drips_for_ever_ends_and_the_status_counts() {
    let drip = "x".repeat(10_000).leak();
    for (status, outcome) in [(404, (1, 0, 0, 0)), (400, (1, 0, 0, 0)), (501, (0, 1, 0, 0))] {
        let (transport, requests) = Trickle::new(status, &[], drip);
        let api = ApiClient::builder("http://localhost").transport(transport);
        let api = api.error_body_timeout(Duration::from_millis(3_050)).build().unwrap();
        let began = Instant::now();
        let error = api.get::<()>("x").await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.body_text().unwrap().len(), 31);
        assert_eq!((began.elapsed().as_secs(), requests.load(SeqCst)), (3, 1));
        assert_eq!(counted(&api), outcome, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn fm_f4_a_shorter_time_limit_does_not_lose_the_status_of_an_error() {
    let short = Duration::from_millis(250);
    for is_deadline in [false, true] {
        let (transport, requests) = Trickle::new(429, &[("retry-after", "30")], "abcdefgh");
        let builder = ApiClient::builder("http://localhost").transport(transport);
        let builder = if is_deadline { builder.deadline(short) } else { builder.timeout(short) };
        let api = builder.build().unwrap();
        let began = Instant::now();
        let error = api.get::<()>("x").await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)), "{error:?}");
        assert_eq!(error.body_text().unwrap(), "abc");
        assert!(began.elapsed() < short, "{:?}", began.elapsed());
        assert_eq!((counted(&api), requests.load(SeqCst)), ((0, 0, 1, 0), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn fm_f4_with_no_time_for_the_body_the_error_has_what_came_with_the_status() {
    let (transport, _) = Trickle::new(404, &[], "abc");
    let api = ApiClient::builder("http://localhost").transport(transport);
    let api = api.error_body_timeout(Duration::ZERO).build().unwrap();
    let began = Instant::now();
    let error = api.get::<()>("x").await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!((&*error.body_text().unwrap(), error.is_body_truncated()), ("a", true));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn fm_f4_a_success_whose_body_stalls_is_a_timeout_that_keeps_the_head() {
    let (transport, _) = Trickle::new(200, &[("x-request-id", "r2")], "[1");
    let api = client("http://localhost").transport(transport).no_retry().build().unwrap();
    let error = api.get::<()>("x").await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt, .. }), "{error:?}");
    assert_eq!((error.status().unwrap().as_u16(), error.request_id()), (200, Some("r2")));
    assert!(error.is_body_truncated());
    assert_eq!(counted(&api), (0, 1, 0, 0));
}

#[test]
fn fm_h2_without_a_timer_the_body_of_an_error_is_read_without_a_limit() {
    struct Whole;
    impl Transport for Whole {
        fn send(&self, _: TransportRequest) -> Exchange<'_> {
            let response = http::Response::builder().status(404).body("gone".into());
            Box::pin(async { Ok(response.unwrap()) })
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let api = ApiClient::builder("http://localhost").transport(Whole);
        let api = api.timeout(None).deadline(None).build().unwrap();
        let error = api.get::<()>("x").await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
        assert_eq!((&*error.body_text().unwrap(), error.is_body_truncated()), ("gone", false));
    });
}

/// The statuses whose outcome differs, each with the attempts of a `POST` with a wait of zero.
const STATUSES: [(u16, u64); 3] = [(429, 3), (503, 3), (404, 1)];

#[tokio::test]
async fn fm_f3_the_body_of_an_error_that_breaks_off_changes_nothing() {
    for (status, attempts) in STATUSES {
        for last in [Step::Reset, Step::Write(Vec::new()), Step::Stall] {
            let head = "retry-after: 0\r\nx-part: 1\r\ncontent-length: 100";
            let cut = write(format!("HTTP/1.1 {status} x\r\n{head}\r\n\r\n{{\"detail\": \"h"));
            let server = Raw::always(vec![cut, last.clone()]).await;
            let api = client(&server.url).error_body_timeout(Duration::from_millis(100));
            let api = api.build().unwrap();
            let error = within("the call", api.post::<()>("x")).await.unwrap_err();
            if matches!(last, Step::Reset)
                && matches!(error, ApiError::Connection { phase: Phase::Send, .. })
            {
                // The reset arrived before the head of the response was read.
                continue;
            }
            assert_eq!(error.status().unwrap().as_u16(), status, "{last:?}: {error:?}");
            assert_eq!(error.headers().unwrap()["x-part"], "1");
            assert_eq!(error.retry_after(), Some(Duration::ZERO));
            assert!(error.is_body_truncated(), "{last:?}");
            assert_eq!(u64::from(error.attempts()), attempts, "{last:?}: {error:?}");
            let totals = api.circuit_breaker().snapshot().totals;
            let outcome = (totals.success, totals.failure, totals.ignored);
            let expected = match status {
                429 => (0, 0, 3),
                503 => (0, 3, 0),
                _ => (1, 0, 0),
            };
            assert_eq!(outcome, expected, "{status}, {last:?}");
        }
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn fm_f3_an_error_whose_body_cannot_be_decompressed_is_its_status() {
    for (status, attempts) in STATUSES {
        let head = "retry-after: 0\r\ncontent-encoding: gzip\r\ncontent-length: 7";
        let bad = write(format!("HTTP/1.1 {status} x\r\n{head}\r\n\r\nno gzip"));
        let server = Raw::always(vec![bad, Step::Next]).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.post::<()>("x")).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status, "{error:?}");
        assert_eq!(error.retry_after(), Some(Duration::ZERO));
        assert_eq!((u64::from(error.attempts()), error.is_body_truncated()), (attempts, true));
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn fm_f7_a_success_that_cannot_be_decompressed_is_a_decode_error_and_not_retried() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"[1, 2, 3]").unwrap();
    let whole = encoder.finish().unwrap();
    let mut flipped = whole.clone();
    flipped[12] ^= 0xff;
    for body in [b"no gzip".to_vec(), flipped, whole[..whole.len() - 6].to_vec()] {
        let head = "x-part: 1\r\ncontent-encoding: gzip";
        let length = body.len();
        let head = format!("HTTP/1.1 200 x\r\n{head}\r\ncontent-length: {length}\r\n\r\n");
        let server = Raw::always(vec![write(head), write(&body), Step::Next]).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<Vec<u32>>("x")).await.unwrap_err();
        assert!(matches!(error, ApiError::Decode { .. }), "{error:?}");
        assert_eq!((error.status().unwrap().as_u16(), server.count()), (200, 1));
        assert_eq!(error.headers().unwrap()["x-part"], "1");
        assert_eq!(counted(&api), (0, 0, 1, 0));
    }
    // A connection that breaks in the middle of compressed bytes is a broken connection.
    let head = "HTTP/1.1 200 x\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n";
    let server = Raw::always(vec![write(head), write(&whole[..12])]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<Vec<u32>>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::Connection { phase: Phase::Body, .. }), "{error:?}");
    assert_eq!((error.attempts(), counted(&api)), (3, (0, 3, 0, 0)));
}
