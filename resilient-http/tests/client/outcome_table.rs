//! Each row of the outcome table holds with a real server, for a `GET`, a `POST`, and a `POST` with
//! an idempotency key.

use std::future::{IntoFuture, ready};
use std::time::Duration;

use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, Auth, BreakerConfig, BuildErrorKind, ErrorKind,
    IdempotencyKey, Phase, Response, RetriesDisabled, SecretString, TimeoutPhase,
};

use crate::support::api::{Api, answer, status};
use crate::support::raw::{Raw, Step, ok, refusing, write};
use crate::support::settings::{client, quick};
use crate::support::{until, within};

/// The error of a call, and the outcomes that the circuit breaker counted.
struct End {
    error: ApiError,
    /// The counts of successes, failures and ignored calls.
    counted: (u64, u64, u64),
}

/// The three columns of the table.
const GET: &str = "GET";
const POST: &str = "POST";
const KEYED: &str = "POST with a key";

async fn end(api: &ApiClient, column: &str) -> End {
    let call = async {
        match column {
            GET => api.get::<Vec<u32>>("x").await,
            POST => api.post::<Vec<u32>>("x").json(&[1]).await,
            _ => {
                let call = api.post::<Vec<u32>>("x").json(&[1]);
                call.idempotency_key(IdempotencyKey::Auto).await
            }
        }
    };
    let error = within("the call", call).await.unwrap_err();
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!(totals.abandoned, 0, "a permit was dropped: {error:?}");
    End { error, counted: (totals.success, totals.failure, totals.ignored) }
}

/// A row of the table: the kind of the error, the number of attempts in each column, and the
/// outcome of each attempt.
struct Row {
    kind: ErrorKind,
    attempts: [u32; 3],
    /// The outcome of one attempt, as counts of successes, failures and ignored calls.
    counts: (u64, u64, u64),
}

impl Row {
    async fn check(&self, make: impl Fn() -> ApiClientBuilder) -> [ApiError; 3] {
        let mut errors = Vec::new();
        for (column, expected) in [GET, POST, KEYED].into_iter().zip(self.attempts) {
            let api = make().build().unwrap();
            let End { error, counted } = end(&api, column).await;
            assert_eq!(error.kind(), self.kind, "{column}: {error:?}");
            assert_eq!(error.attempts(), expected, "{column}: {error:?}");
            let n = u64::from(expected);
            let (success, failure, ignored) = self.counts;
            assert_eq!(counted, (success * n, failure * n, ignored * n), "{column}");
            assert_eq!(error.is_retryable(), expected > 1, "{column}: {error:?}");
            errors.push(error);
        }
        errors.try_into().unwrap()
    }
}

const FAILURE: (u64, u64, u64) = (0, 1, 0);
const IGNORED: (u64, u64, u64) = (0, 0, 1);
const SUCCESS: (u64, u64, u64) = (1, 0, 0);

#[tokio::test]
async fn row_credentials_that_are_not_available_are_ignored_and_not_retried() {
    let server = Api::statuses(&[200]).await;
    let fails = || std::io::Error::other("no token");
    let row = Row { kind: ErrorKind::Credentials, attempts: [1, 1, 1], counts: IGNORED };
    let fresh = || Auth::fresh("authorization", move || Err::<SecretString, _>(fails()));
    row.check(|| client(&server.url).auth(fresh())).await;
    let refresh =
        || Auth::refresh("authorization", move |_| ready(Err::<SecretString, _>(fails())));
    row.check(|| client(&server.url).auth(refresh())).await;
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn row_a_second_401_after_a_refresh_is_an_answer_and_not_retried() {
    let server = Api::statuses(&[401]).await;
    let token = || Auth::refresh("authorization", |_| ready(Ok::<_, std::io::Error>("t".into())));
    let row = Row { kind: ErrorKind::Authentication, attempts: [1, 1, 1], counts: SUCCESS };
    row.check(|| client(&server.url).auth(token())).await;
    assert_eq!(server.count(), 6);
}

#[tokio::test]
async fn row_refused_is_a_failure_and_retried_whatever_the_method() {
    let url = refusing();
    let row = Row { kind: ErrorKind::Connection, attempts: [3, 3, 3], counts: FAILURE };
    for error in row.check(|| client(&url)).await {
        assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }));
    }
}

#[tokio::test]
async fn row_unknown_name_is_a_failure_and_retried_whatever_the_method() {
    struct Nowhere;
    impl reqwest::dns::Resolve for Nowhere {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(async { Err("no such host".into()) })
        }
    }
    let row = Row { kind: ErrorKind::Connection, attempts: [3, 3, 3], counts: FAILURE };
    let make = || client("http://name.invalid").configure(|it| it.dns_resolver(Nowhere));
    for error in row.check(make).await {
        assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }));
    }
}

#[tokio::test]
async fn row_connect_timeout_is_a_failure_and_retried_whatever_the_method() {
    /// A name resolver that never returns.
    struct Hanging;
    impl reqwest::dns::Resolve for Hanging {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(std::future::pending())
        }
    }
    let row = Row { kind: ErrorKind::Connection, attempts: [3, 3, 3], counts: FAILURE };
    let make = || {
        client("http://name.invalid")
            .connect_timeout(Duration::from_millis(50))
            .configure(|it| it.dns_resolver(Hanging))
    };
    for error in row.check(make).await {
        assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }));
    }
}

#[cfg(feature = "rustls-tls")]
#[tokio::test]
async fn row_tls_that_fails_is_a_failure_and_retried_whatever_the_method() {
    // The server does not use TLS, so the handshake fails.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail\r\n").await;
        }
    });
    let row = Row { kind: ErrorKind::Connection, attempts: [3, 3, 3], counts: FAILURE };
    for error in row.check(|| client(&url)).await {
        assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }));
    }
}

#[tokio::test]
async fn row_reset_before_the_answer_is_a_failure_and_retried_if_it_may_be_repeated() {
    for step in [vec![Step::Reset], vec![]] {
        let server = Raw::always(step).await;
        let row = Row { kind: ErrorKind::Connection, attempts: [3, 1, 3], counts: FAILURE };
        let [_, post, _] = row.check(|| client(&server.url)).await;
        assert!(matches!(post, ApiError::Connection { phase: Phase::Send, .. }));
        assert_eq!(post.retries_disabled(), Some(RetriesDisabled::NotIdempotent));
        assert_eq!(server.count(), 3 + 1 + 3);
    }
}

#[tokio::test]
async fn row_truncated_body_is_a_failure_and_retried_if_it_may_be_repeated() {
    for last in [Step::Reset, Step::Write(Vec::new())] {
        let cut = write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\nx-part: 1\r\n\r\n[1");
        let server = Raw::always(vec![cut, last]).await;
        let row = Row { kind: ErrorKind::Connection, attempts: [3, 1, 3], counts: FAILURE };
        for error in row.check(|| client(&server.url)).await {
            // If the reset arrives before the head of the response, the error has another phase.
            if matches!(error, ApiError::Connection { phase: Phase::Body, .. }) {
                assert_eq!(error.status().unwrap(), 200);
            }
        }
        assert_eq!(server.count(), 3 + 1 + 3);
    }
}

#[tokio::test]
async fn row_attempt_timeout_is_a_failure_and_retried_if_it_may_be_repeated() {
    let server = Raw::always(vec![Step::Stall]).await;
    let row = Row { kind: ErrorKind::Timeout, attempts: [3, 1, 3], counts: FAILURE };
    let time = Duration::from_millis(100);
    for error in row.check(|| client(&server.url).timeout(time)).await {
        let ApiError::Timeout { phase, after, .. } = error else { panic!() };
        assert_eq!((phase, after), (TimeoutPhase::Attempt, time));
    }
    // If an attempt times out before its request arrives, the server does not count it.
    assert!(server.count() <= 3 + 1 + 3);
}

#[tokio::test]
async fn row_deadline_ends_the_call_and_is_not_counted_again() {
    let server = Raw::serve(|n| match n {
        0 => vec![write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
        _ => vec![Step::Stall],
    })
    .await;
    let api = client(&server.url)
        .timeout(Duration::from_millis(600))
        .deadline(Duration::from_secs(1))
        .build()
        .unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { phase: TimeoutPhase::Deadline, .. }), "{error:?}");
    assert!(!error.is_retryable());
    let totals = api.circuit_breaker().snapshot().totals;
    // The deadline ended the last attempt before its own timeout, so the attempt counts as
    // abandoned.
    assert_eq!((error.attempts(), totals.failure, totals.abandoned), (3, 2, 1));
}

#[tokio::test]
async fn row_408_500_502_504_are_failures_and_retried_if_they_may_be_repeated() {
    for (code, kind) in [
        (408, ErrorKind::Timeout),
        (500, ErrorKind::Server),
        (502, ErrorKind::Server),
        (504, ErrorKind::Server),
    ] {
        let server = Api::serve(move |_, _| status(code)).await;
        let row = Row { kind, attempts: [3, 1, 3], counts: FAILURE };
        for error in row.check(|| client(&server.url)).await {
            assert_eq!(error.status().unwrap(), code);
        }
        assert_eq!(server.count(), 3 + 1 + 3);
    }
}

#[tokio::test]
async fn row_503_is_a_failure_and_a_post_is_retried_only_where_the_server_says_when() {
    let server = Api::serve(|_, _| status(503)).await;
    let mut row = Row { kind: ErrorKind::Server, attempts: [3, 1, 3], counts: FAILURE };
    row.check(|| client(&server.url)).await;
    let server = Api::serve(|_, _| answer(503, &[("retry-after", "0")], "")).await;
    row.attempts = [3, 3, 3];
    row.check(|| client(&server.url)).await;
    assert_eq!(server.count(), 9);
}

#[tokio::test]
async fn row_429_is_neutral_and_retried_whatever_the_method() {
    let server = Api::serve(|_, _| answer(429, &[("retry-after", "0")], "")).await;
    let mut row = Row { kind: ErrorKind::RateLimited, attempts: [3, 3, 3], counts: IGNORED };
    row.check(|| client(&server.url)).await;
    row.counts = FAILURE;
    row.check(|| client(&server.url).count_rate_limits(true)).await;
}

#[tokio::test]
async fn row_401_403_404_and_other_4xx_are_answers_and_not_retried() {
    for (code, kind) in [
        (401, ErrorKind::Authentication),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (400, ErrorKind::Status),
        (409, ErrorKind::Status),
        (422, ErrorKind::Status),
    ] {
        let server = Api::serve(move |_, _| status(code)).await;
        let row = Row { kind, attempts: [1, 1, 1], counts: SUCCESS };
        for error in row.check(|| client(&server.url)).await {
            assert_eq!(error.message().unwrap(), format!("status {code}"));
        }
        assert_eq!(server.count(), 3);
    }
}

#[tokio::test]
async fn row_bad_json_is_neutral_and_not_retried() {
    let server = Api::serve(|_, _| answer(200, &[], "<html>")).await;
    let row = Row { kind: ErrorKind::Decode, attempts: [1, 1, 1], counts: IGNORED };
    for error in row.check(|| client(&server.url)).await {
        assert_eq!(error.body_text().unwrap(), "<html>");
    }
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn row_a_stopped_redirect_is_an_answer_and_not_retried() {
    let server = Api::serve(|_, _| answer(302, &[("location", "http://other.invalid/")], "")).await;
    let row = Row { kind: ErrorKind::Status, attempts: [1, 1, 1], counts: SUCCESS };
    for error in row.check(|| client(&server.url)).await {
        assert!(error.is_redirect());
    }
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn row_an_open_circuit_is_not_counted_and_not_retried() {
    let server = Api::serve(|_, _| status(200)).await;
    let api = client(&server.url).build().unwrap();
    api.circuit_breaker().trip().unwrap();
    let End { error, counted } = end(&api, GET).await;
    let ApiError::CircuitOpen(open) = &error else { panic!("{error:?}") };
    assert!(open.retry_after().is_some());
    assert_eq!((error.attempts(), counted), (0, (0, 0, 0)));
    assert!(!error.is_retryable());
    assert_eq!(api.circuit_breaker().snapshot().totals.rejected, 1);
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn row_an_open_circuit_can_be_waited_for() {
    use resilient_http::{BreakerConfig, RetryPolicy};
    let server = Api::serve(|_, _| answer(200, &[], "[]")).await;
    let recovery = BreakerConfig::builder().recovery_time(Duration::from_millis(50));
    let policy = RetryPolicy::builder()
        .when_open(resilient::retries::WhenOpen::Wait)
        .base_delay(Duration::from_millis(1))
        .build()
        .unwrap();
    let breaker = recovery.build().unwrap();
    let api = client(&server.url).circuit_breaker(breaker).retry(policy).build().unwrap();
    api.circuit_breaker().trip().unwrap();
    let numbers: Vec<u32> = within("the call", api.get("x")).await.unwrap();
    assert!(numbers.is_empty());
}

#[tokio::test]
async fn row_a_dropped_call_is_abandoned() {
    let server = Raw::always(vec![Step::Stall]).await;
    let api = client(&server.url).build().unwrap();
    let call = tokio::spawn(api.get::<()>("x").into_future());
    until("the request is there", || server.count() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.abandoned, totals.failure, totals.success), (1, 0, 0));
    until("its connection is closed", || server.connections.open() == 0).await;
    assert_eq!(api.in_flight(), 0);
}

#[tokio::test]
async fn row_a_closed_client_and_a_bad_request_are_not_counted() {
    let server = Api::serve(|_, _| status(200)).await;
    let api = client(&server.url).build().unwrap();
    let bad = api.get::<()>("../x").await.unwrap_err();
    let ApiError::Build(problem) = &bad else { panic!("{bad:?}") };
    assert_eq!(problem.kind(), BuildErrorKind::Template);
    let bad = api.get::<()>("x").header("a b", "c").await.unwrap_err();
    assert_eq!(bad.kind(), ErrorKind::Build);
    api.close();
    let End { error, counted } = end(&api, GET).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Closed, 0));
    assert!(!error.is_retryable());
    assert_eq!(counted, (0, 0, 0));
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn the_server_may_overrule_the_table() {
    for header in ["x-should-retry", "stripe-should-retry"] {
        let server = Api::serve(move |_, _| answer(500, &[(header, "false")], "")).await;
        let api = client(&server.url).build().unwrap();
        assert_eq!(end(&api, GET).await.error.attempts(), 1, "{header}");
        let server = Api::serve(move |_, _| answer(409, &[(header, "true")], "")).await;
        let api = client(&server.url).build().unwrap();
        assert_eq!(end(&api, POST).await.error.attempts(), 3, "{header}");
    }
}

#[tokio::test]
async fn the_statuses_that_are_retried_can_be_chosen() {
    use resilient_http::StatusCode;
    let server = Api::serve(|_, seen| status(if seen.target == "/425" { 425 } else { 500 })).await;
    let api = client(&server.url).retry_statuses([StatusCode::TOO_EARLY]);
    let api = api.build().unwrap();
    let attempts = async |path: &str| api.get::<()>(path).await.unwrap_err().attempts();
    assert_eq!((attempts("425").await, attempts("500").await), (3, 1));
}

#[tokio::test]
async fn a_call_that_recovers_reports_its_number_of_attempts() {
    let server = Raw::serve(|n| match n {
        0 => vec![Step::Reset],
        1 => vec![write("HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
        _ => vec![ok("[]"), Step::Next],
    })
    .await;
    let api = client(&server.url).retry(quick()).build().unwrap();
    let response: Response = within("the call", api.get("x")).await.unwrap();
    assert_eq!((response.attempts(), response.status().as_u16()), (3, 200));
    assert_eq!(response.bytes().as_ref(), b"[]");
}

#[tokio::test]
async fn row_a_server_that_hangs_opens_its_circuit_also_where_the_deadline_is_the_shorter_time() {
    let server = Raw::always(vec![Step::Stall]).await;
    let twice = BreakerConfig::builder().failure_threshold(2);
    let api = client(&server.url)
        .timeout(Duration::from_secs(20))
        .deadline(Duration::from_millis(30))
        .circuit_breaker(twice.build().unwrap())
        .build()
        .unwrap();
    for _ in 0..2 {
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
    let totals = api.circuit_breaker().snapshot().totals;
    assert_eq!((totals.failure, totals.abandoned), (2, 0));
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
}
