//! Tests of rows F of the fault model: how a transport can fail a call.

use std::future::IntoFuture;
#[cfg(feature = "gzip")]
use std::io::Write as _;
use std::time::{Duration, Instant};

use http_body_util::Full;
use resilient_http::{
    ApiError, Body, BreakerConfig, Bytes, Classify, ErrorKind, IdempotencyKey, Method, Phase,
    Response, RetriesDisabled, RetryPolicy, TimeoutPhase,
};
use serde_json::Value;

use crate::support::api::{Api, answer, json, status};
use crate::support::raw::{Raw, Step, ok, refusing, write};
use crate::support::settings::{client, patient, quickly};
use crate::support::{until, within};

const MB: usize = 1024 * 1024;

#[tokio::test]
async fn fm_f1_a_refused_connection_is_tried_again_whatever_the_method() {
    let url = refusing();
    let api = client(&url).build().unwrap();
    for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
        let error = within("the call", api.request(method, "x")).await.unwrap_err();
        assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }));
        assert_eq!(error.attempts(), 3);
    }
}

#[tokio::test]
async fn fm_f2_a_connection_that_breaks_before_the_answer_is_tried_again_if_idempotent() {
    let server = Raw::always(vec![Step::Reset]).await;
    let api = client(&server.url).build().unwrap();
    for (method, attempts) in [
        (Method::GET, 3),
        (Method::PUT, 3),
        (Method::DELETE, 3),
        (Method::POST, 1),
        (Method::PATCH, 1),
    ] {
        let before = server.count();
        let call = api.request(method.clone(), "x").bytes("body");
        let error = within("the call", call).await.unwrap_err();
        assert!(matches!(error, ApiError::Connection { phase: Phase::Send, .. }));
        assert_eq!(server.count() - before, attempts, "{method}");
    }
}

#[tokio::test]
async fn fm_f3_half_an_answer_is_an_error_that_keeps_the_status() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n[1, \r\n";
    let sized = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[1, 2]";
    for head in [chunked, sized] {
        let server = Raw::always(vec![write(head)]).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<Vec<u32>>("x")).await.unwrap_err();
        assert!(matches!(error, ApiError::Connection { phase: Phase::Body, .. }), "{error:?}");
        assert_eq!(error.status().unwrap(), 200);
        assert!(error.is_body_truncated());
        assert_eq!(server.count(), 3);
    }
    // If the body of an error response is truncated, the kind of the error still follows from the
    // status.
    let server = Raw::always(vec![write("HTTP/1.1 404 x\r\ncontent-length: 9\r\n\r\nno us")]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_body_truncated()), (ErrorKind::NotFound, true));
    assert_eq!(error.message().unwrap(), "no us");
}

#[tokio::test]
async fn fm_f4_a_body_that_stalls_is_a_timeout_not_bad_json() {
    let head = write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1");
    let server = Raw::always(vec![head, Step::Stall]).await;
    let api = client(&server.url).timeout(Duration::from_millis(150)).build().unwrap();
    let error = within("the call", api.get::<Vec<u32>>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt, .. }), "{error:?}");
    assert_eq!(error.attempts(), 3);
    // If the attempt has no timeout, the deadline ends the call.
    let api = client(&server.url).timeout(None).deadline(Duration::from_secs(1));
    let call = api.build().unwrap().get::<Vec<u32>>("x").into_future();
    let error = within("the call", call).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Deadline, .. }), "{error:?}");
    assert_eq!(error.status().unwrap(), 200);
    until("the connections are closed", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn fm_f5_a_body_that_drips_for_ever_meets_the_deadline() {
    let head = write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
    let drip = Step::Drip(b' ', Duration::from_millis(5));
    let server = Raw::always(vec![head, drip]).await;
    let api = client(&server.url).timeout(None).deadline(Duration::from_secs(1));
    let api = api.build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Deadline, .. }), "{error:?}");
    assert_eq!(server.count(), 1);
    until("its connection is closed", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn fm_f6_an_endless_body_is_too_large_and_memory_is_bounded() {
    let mut chunk = format!("{MB:x}\r\n").into_bytes();
    chunk.extend_from_slice(&vec![b' '; MB]);
    chunk.extend_from_slice(b"\r\n");
    let head = write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    let server = Raw::always(vec![head, Step::Flood(chunk.clone())]).await;
    let api = client(&server.url).body_limit(4 * MB).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::TooLarge { limit, .. } if limit == 4 * MB), "{error:?}");
    assert_eq!((error.attempts(), error.status().unwrap().as_u16()), (1, 200));
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.failure, totals.ignored), (0, 1));
    until("its connection is closed", || server.connections.open() == 0).await;
    // If the announced length exceeds the limit, the client does not read the body.
    let head = write("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
    let server = Raw::always(vec![head, Step::Stall]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    // The client reads only the beginning of an endless error body.
    let head = write("HTTP/1.1 500 x\r\ntransfer-encoding: chunked\r\n\r\n");
    let server = Raw::always(vec![head, Step::Flood(chunk)]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
    assert_eq!(error.body_text().unwrap().len(), 64 * 1024);
    assert!(error.is_body_truncated());
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn fm_f7_the_limit_counts_what_comes_out_of_decompression() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        packed.write_all(&vec![b' '; MB]).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < MB);
    let server = Api::serve(move |_, seen| {
        assert!(seen.header("accept-encoding").unwrap().contains("gzip"));
        answer(200, &[("content-encoding", "gzip")], packed.clone())
    })
    .await;
    let api = client(&server.url).body_limit(MB).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::TooLarge { .. }), "{error:?}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn fm_f8_a_huge_header_and_a_garbage_status_line_are_errors_and_not_for_ever() {
    let huge = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2 * MB));
    for garbage in [huge.as_str(), "HTTP/9.9 banana\r\n\r\n", "\0\0\0\r\n\r\n", "SSH-2.0-x\r\n"] {
        let server = Raw::always(vec![write(garbage), Step::Stall]).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert!(matches!(error, ApiError::Connection { .. }), "{error:?}");
        assert_eq!((error.attempts(), server.count()), (3, 3));
    }
}

#[tokio::test]
async fn fm_f9_a_redirect_loop_is_an_error_and_not_tried_again() {
    let server = Api::serve(|_, _| answer(302, &[("location", "/x")], "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(error.is_redirect(), "{error:?}");
    assert_eq!((error.attempts(), server.count()), (1, 1 + 5));
    let api = client(&server.url).redirects(11).build().unwrap();
    within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(server.count(), 6 + 1 + 11);
}

async fn attempts_with(header: &'static str) -> (ApiError, usize) {
    let server = Api::serve(move |_, _| answer(429, &[("retry-after", header)], "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    (error, server.count())
}

#[tokio::test]
async fn fm_f10_a_wait_of_zero_is_at_once_and_within_the_attempts() {
    let (error, count) = attempts_with("0").await;
    assert_eq!((error.retry_after(), count), (Some(Duration::ZERO), 3));
}

#[tokio::test]
async fn fm_f11_a_wait_that_is_none_leaves_the_backoff() {
    for garbage in ["-1", "1.", "soon", "", "5, 10", "+5"] {
        let (error, count) = attempts_with(garbage).await;
        assert_eq!((error.retry_after(), count), (None, 3), "{garbage:?}");
    }
}

#[tokio::test]
async fn fm_f12_a_wait_of_ages_is_not_begun() {
    let (error, count) = attempts_with("99999999999999999999").await;
    assert_eq!(count, 1);
    let longest = Some(Duration::MAX);
    assert!(matches!(error, ApiError::RateLimited { retry_after, .. } if retry_after == longest));
}

#[tokio::test]
async fn fm_f13_dates_are_read_in_three_forms_by_the_clock_of_the_server() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for past in [date, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        let server =
            Api::serve(move |_, _| answer(503, &[("retry-after", past), ("date", date)], "")).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!((error.retry_after(), server.count()), (Some(Duration::ZERO), 3));
    }
    // By the clock of the server, which is wrong by years, the wait is 100 s.
    let headers = [("retry-after", "Sun, 06 Nov 1994 08:51:17 GMT"), ("date", date)];
    let server = Api::serve(move |_, _| answer(503, &headers, "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(100)), 1));
    let (error, count) = attempts_with("Fri, 31 Dec 2100 23:59:59 GMT").await;
    assert!(error.retry_after().unwrap() > Duration::from_secs(365 * 24 * 3600));
    assert_eq!(count, 1);
}

#[tokio::test]
async fn fm_f14_the_largest_of_several_waits_holds_and_is_capped() {
    let two = [("retry-after", "0"), ("retry-after", "3600"), ("retry-after", "x")];
    let server = Api::serve(move |_, _| answer(429, &two, "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(3600)), 1));
}

#[tokio::test]
async fn b09_the_wait_beside_a_redirect_that_is_not_followed_prolongs_the_open_time() {
    let server = Api::serve(|_, seen| match seen.target.as_str() {
        "/down" => answer(500, &[], ""),
        _ => answer(300, &[("retry-after", "120")], ""),
    })
    .await;
    let config = BreakerConfig::builder().window(2).failure_rate(0.5).build().unwrap();
    let api = client(&server.url).circuit_breaker(config).retry(quickly(0)).build().unwrap();
    for target in ["down", "choices"] {
        within("the call", api.get::<()>(target)).await.unwrap_err();
    }
    let opening = api.circuit_breaker().snapshot().recent.pop().unwrap();
    assert_eq!(opening.lasts, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn fm_f15_a_wait_beside_404_is_shown_and_not_obeyed_and_beside_200_it_is_none() {
    let server = Api::serve(|_, seen| {
        let code = if seen.target == "/found" { 200 } else { 404 };
        answer(code, &[("retry-after", "3600")], "")
    })
    .await;
    let api = client(&server.url).build().unwrap();
    let () = within("the call", api.get("found")).await.unwrap();
    let error = within("the call", api.get::<()>("lost")).await.unwrap_err();
    let hour = Some(Duration::from_secs(3600));
    assert_eq!((error.retry_after(), error.is_not_found()), (hour, true));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn fm_f15_a_wait_beside_any_status_that_is_retried_is_obeyed() {
    use resilient_http::StatusCode;
    for code in [403, 409] {
        // A wait above the limit of the policy ends the call, which proves that it was read.
        let server = Api::serve(move |n, _| match n {
            0 => answer(code, &[("retry-after-ms", "0.5")], ""),
            _ => answer(code, &[("retry-after", "61")], ""),
        })
        .await;
        let chosen = [StatusCode::FORBIDDEN, StatusCode::CONFLICT];
        let api = client(&server.url).retry_statuses(chosen).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(61)), 2));
        // A header of the server chooses the status as well.
        let headers = [("retry-after", "61"), ("x-should-retry", "true")];
        let server = Api::serve(move |_, _| answer(code, &headers, "")).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!((error.is_retryable(), server.count()), (true, 1));
    }
}

#[tokio::test]
async fn fm_f15_a_429_without_a_wait_waits_until_its_exhausted_limits_reset() {
    let openai = [
        ("x-ratelimit-remaining-requests", "10"),
        ("x-ratelimit-reset-requests", "9h"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "1m2s"),
    ];
    let anthropic = [
        ("date", "Fri, 15 Jan 2027 08:00:00 GMT"),
        ("anthropic-ratelimit-tokens-limit", "100"),
        ("anthropic-ratelimit-tokens-remaining", "0"),
        ("anthropic-ratelimit-tokens-reset", "2027-01-15T08:01:02Z"),
    ];
    // These limits refill all the time, and the headers say when they are full.
    for headers in [openai, anthropic] {
        let server = Api::serve(move |_, _| answer(429, &headers, "")).await;
        let policy = quickly(2).to_builder().max_retry_after(Duration::from_secs(9));
        let api = client(&server.url).retry(policy.build().unwrap()).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(10)), 1));
        let tightest = error.rate_limit().unwrap();
        assert_eq!(tightest.name.as_deref(), Some("tokens"));
        assert_eq!((tightest.remaining, tightest.reset), (Some(0), Some(Duration::from_secs(62))));
    }
    let window = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "62")];
    let server = Api::serve(move |_, _| answer(429, &window, "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(62)), 1));
}

#[tokio::test]
async fn fm_f16_what_may_have_run_is_not_replayed_unless_told_so() {
    use resilient_http::Idempotency;
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).build().unwrap();
    for method in [Method::POST, Method::PATCH] {
        let call = || api.request(method.clone(), "x").bytes("x");
        for (call, attempts) in [
            (call(), 1),
            (call().idempotency(Idempotency::Yes), 3),
            (call().idempotency_key(IdempotencyKey::Auto), 3),
            (call().idempotency_key("order 7"), 3),
        ] {
            let before = server.count();
            within("the call", call).await.unwrap_err();
            assert_eq!(server.count() - before, attempts, "{method}");
        }
    }
    let before = server.count();
    let call = api.get::<()>("x").idempotency(Idempotency::No);
    within("the call", call).await.unwrap_err();
    assert_eq!(server.count() - before, 1);
}

#[tokio::test]
async fn fm_f17_a_stream_that_is_there_once_is_not_retried_and_the_error_says_why() {
    let server = Api::statuses(&[503]).await;
    let api = client(&server.url).build().unwrap();
    let once = Body::once(Full::new(Bytes::from_static(b"stream")));
    let error = within("the call", api.put::<()>("x").body(once)).await.unwrap_err();
    assert_eq!(server.only().text(), "stream");
    assert_eq!(error.retries_disabled(), Some(RetriesDisabled::Body));
    assert!(!error.is_retryable());
    // A prepared request can be executed only once if its body can be sent only once.
    let once = Body::once(Full::new(Bytes::from_static(b"stream")));
    let prepared = api.request(Method::PUT, "x").body(once).prepare().unwrap();
    within("the call", api.execute(&prepared)).await.unwrap_err();
    let error = within("the call", api.execute(&prepared)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Build, 2));
}

#[tokio::test]
async fn a_stream_that_can_be_made_again_is_sent_whole_at_each_attempt() {
    let server = Api::statuses(&[503]).await;
    let api = client(&server.url).build().unwrap();
    let anew = Body::factory(|| Full::new(Bytes::from_static(b"stream")));
    within("the call", api.put::<()>("x").body(anew)).await.unwrap_err();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| request.text() == "stream"));
}

#[tokio::test]
async fn fm_f18_one_key_for_all_attempts_and_another_for_the_next_call() {
    let server = Api::statuses(&[503]).await;
    let api = client(&server.url).build().unwrap();
    let prepared = api.request(Method::POST, "x").idempotency_key(IdempotencyKey::Auto);
    let prepared = prepared.prepare().unwrap();
    for _ in 0..2 {
        within("the call", api.execute(&prepared)).await.unwrap_err();
    }
    let keys: Vec<String> = server
        .seen()
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 6);
    assert!(keys[..3].iter().all(|key| *key == keys[0]));
    assert!(keys[3..].iter().all(|key| *key == keys[3]));
    assert_ne!(keys[0], keys[3]);
    // The client sends the idempotency key in the header that its settings name.
    let api = client(&server.url).idempotency_header("x-request-key").no_retry();
    let call = api.build().unwrap().post::<()>("x").idempotency_key("mine");
    within("the call", call).await.unwrap_err();
    assert_eq!(server.seen()[6].header("x-request-key"), Some("mine"));
}

#[tokio::test]
async fn fm_f19_what_the_caller_did_wrong_is_not_retried_and_not_counted() {
    let server = Api::serve(|_, seen| status(seen.target[1..].parse().unwrap())).await;
    let api = client(&server.url).build().unwrap();
    for code in ["400", "401", "404", "418"] {
        within("the call", api.get::<()>(code)).await.unwrap_err();
    }
    assert_eq!(server.count(), 4);
    assert_eq!(api.circuit_breaker().snapshot().totals.failure, 0);
}

#[tokio::test]
async fn fm_f22_odd_answers_are_typed_errors_and_their_excerpts_bounded() {
    async fn end(steps: Vec<Step>) -> Result<Value, ApiError> {
        let server = Raw::always(steps).await;
        let api = client(&server.url).build().unwrap();
        within("the call", api.get::<Value>("x")).await
    }
    // The client skips 1xx responses before the final response.
    let early = write("HTTP/1.1 103 Early Hints\r\n\r\n");
    assert_eq!(end(vec![early, ok("1")]).await.unwrap(), 1);
    // Bytes after the head of a 204 are not a body.
    let body = end(vec![write("HTTP/1.1 204 x\r\n\r\nHTTP/1.1 nonsense")]).await;
    assert_eq!(body.unwrap(), Value::Null);
    let error = end(vec![write("HTTP/1.1 304 x\r\n\r\n")]).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (304, 1));
    assert_eq!(end(vec![ok("\u{feff}[1]")]).await.unwrap(), serde_json::json!([1]));
    assert_eq!(end(vec![ok("")]).await.unwrap(), Value::Null);
    assert_eq!(end(vec![ok("  ")]).await.unwrap(), Value::Null);
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\"\xff\xfe\"";
    let error = end(vec![write(head)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let long = "x".repeat(MB);
    let error = end(vec![ok(&long)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.body_text().unwrap().len(), 64 * 1024);
    assert_eq!(error.message().unwrap().len(), 200);
}

#[tokio::test]
async fn fm_f23_a_connection_that_the_server_closed_while_idle_is_no_failure() {
    let server = Raw::always(vec![ok("1")]).await;
    let api = client(&server.url).circuit_breaker(patient()).build().unwrap();
    for n in 1..=5 {
        let one: u32 = within("the call", api.get("x")).await.unwrap();
        assert_eq!(one, 1);
        // The server closes each connection after its response. The client may notice this only
        // when it sends the next request.
        until("the server has closed it", || server.connections.open() == 0).await;
        assert_eq!(server.count(), n);
    }
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (5, 0));
}

#[tokio::test]
async fn many_calls_share_connections() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for _ in 0..10 {
        let response: Response = within("the call", api.get("x")).await.unwrap();
        assert_eq!(response.attempts(), 1);
    }
    assert_eq!(server.connections.accepted(), 1);
}

#[tokio::test]
async fn a_hint_of_the_server_is_the_shortest_wait() {
    let server = Api::serve(|n, _| match n {
        0 => answer(429, &[("retry-after-ms", "300")], ""),
        _ => json("1"),
    })
    .await;
    let api = client(&server.url).build().unwrap();
    let began = Instant::now();
    let one: u32 = within("the call", api.get("x")).await.unwrap();
    assert_eq!(one, 1);
    assert!(began.elapsed() >= Duration::from_millis(300));
    // If the hint exceeds the limit of the policy, the client does not wait. The error contains the
    // hint.
    let policy = RetryPolicy::builder().max_retry_after(Duration::from_secs(1)).build().unwrap();
    let server = Api::serve(|_, _| answer(429, &[("retry-after", "2")], "")).await;
    let api = client(&server.url).retry(policy).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.retry_after(), server.count()), (Some(Duration::from_secs(2)), 1));
}

#[tokio::test]
async fn fm_f13_an_error_shows_one_wait_whenever_it_is_asked() {
    // The error stores how long to wait, not the date in the header. With the date, the wait would
    // be different at each read.
    let header = [("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT")];
    for code in [429, 503] {
        let server = Api::serve(move |_, _| answer(code, &header, "")).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        let wait = error.retry_after().unwrap();
        let (ApiError::RateLimited { retry_after, .. } | ApiError::Server { retry_after, .. }) =
            &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(*retry_after, Some(wait));
        assert_eq!(error.classify().retry_after, Some(wait));
        assert!(error.to_string().contains(&format!("{wait:?}")), "{error}");
        assert_eq!(error.clone().retry_after(), Some(wait));
        assert_eq!(error.attempts(), 1);
    }
}
