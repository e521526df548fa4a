//! The hook `fail_when` finds errors in responses whose status is a success.

use std::time::Duration;

use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, Classification, ErrorKind, IdempotencyKey,
    RetriesDisabled,
};
use serde_json::Value;

use crate::support::raw::{Raw, Step, ok, write};
use crate::support::settings::client;
use crate::support::within;

const ERROR: &str = r#"{"error":{"message":"worker lost"}}"#;

/// Judges a response with a field `error`.
fn judging(builder: ApiClientBuilder, class: Classification) -> ApiClient {
    let judged = builder.fail_when(move |response| {
        let body: Value = response.json().ok()?;
        body.get("error").map(|_| class)
    });
    judged.build().unwrap()
}

/// The counts of successes, failures and ignored calls.
fn counted(api: &ApiClient) -> (u64, u64, u64) {
    let totals = api.circuit_breaker().snapshot().totals;
    (totals.success, totals.failure, totals.ignored)
}

#[tokio::test]
async fn the_verdict_decides_for_the_breaker_and_the_retry() {
    // The numbers of attempts of a GET, a POST, and a POST with a key.
    for (class, attempts, outcome) in [
        (Classification::transient(), [3, 1, 3], (0, 1, 0)),
        (Classification::throttled(), [3, 3, 3], (0, 0, 1)),
        (Classification::permanent(), [1, 1, 1], (0, 1, 0)),
        (Classification::answered(), [1, 1, 1], (1, 0, 0)),
        (Classification::ignored(), [1, 1, 1], (0, 0, 1)),
    ] {
        let server = Raw::always(vec![ok(ERROR)]).await;
        for (column, expected) in attempts.into_iter().enumerate() {
            let api = judging(client(&server.url), class);
            let call = match column {
                0 => api.get::<Value>("x"),
                1 => api.post("x").json(&1),
                _ => api.post("x").json(&1).idempotency_key(IdempotencyKey::Auto),
            };

            let error = within("the call", call).await.unwrap_err();

            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Judged, expected));
            let n = u64::from(expected);
            let (success, failure, ignored) = outcome;
            assert_eq!(counted(&api), (success * n, failure * n, ignored * n), "{class:?}");
        }
    }
}

#[tokio::test]
async fn a_judged_response_stays_with_its_error() {
    let head = "HTTP/1.1 200 OK\r\nx-request-id: r-7\r\ncontent-length: 35\r\n\r\n";
    let server = Raw::always(vec![write(format!("{head}{ERROR}"))]).await;
    let api = judging(client(&server.url), Classification::transient());

    let error = within("the call", api.post::<Value>("x").json(&1)).await.unwrap_err();

    assert!(matches!(error, ApiError::Judged { .. }), "{error:?}");
    assert_eq!(error.message().as_deref(), Some("worker lost"));
    assert_eq!(error.status().unwrap().as_u16(), 200);
    assert_eq!(error.request_id(), Some("r-7"));
    assert_eq!(error.body_text().as_deref(), Some(ERROR));
    assert_eq!(error.to_string(), "POST x: the response reports an error (status 200)");
    assert_eq!(error.retries_disabled(), Some(RetriesDisabled::NotIdempotent));
    let shown = format!("{error:?} {error:#?}");
    assert!(!shown.contains("worker"), "the server wrote this text: {shown}");
}

#[tokio::test]
async fn a_retry_can_heal_the_error_and_its_body_is_not_decoded() {
    let server = Raw::serve(|n| vec![ok(if n == 0 { ERROR } else { "7" })]).await;
    let api = judging(client(&server.url), Classification::transient());
    let seven = within("the call", api.get::<u32>("x")).await.unwrap();
    assert_eq!((seven, counted(&api)), (7, (1, 1, 0)));
}

#[tokio::test]
async fn errors_that_the_hook_finds_open_the_circuit() {
    let server = Raw::always(vec![ok(ERROR)]).await;
    let breaker = resilient_http::BreakerConfig::builder().failure_threshold(2).build().unwrap();
    let builder = client(&server.url).circuit_breaker(breaker);
    let api = judging(builder, Classification::permanent());
    for kind in [ErrorKind::Judged, ErrorKind::Judged, ErrorKind::CircuitOpen] {
        let error = within("the call", api.get::<Value>("x")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn the_hint_of_the_hook_wins_over_that_of_the_server() {
    let body = r#"{"error":1}"#;
    let head = "HTTP/1.1 200 OK\r\nretry-after: 120\r\ncontent-length: 11\r\n\r\n";
    let server = Raw::always(vec![write(format!("{head}{body}"))]).await;
    for (class, hint) in [
        (Classification::throttled().after(Duration::from_secs(90)), 90),
        (Classification::throttled(), 120),
    ] {
        let api = judging(client(&server.url), class);
        let error = within("the call", api.get::<Value>("x")).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(hint)));
        assert_eq!(error.attempts(), 1, "the hint is beyond max_retry_after");
    }
}

#[tokio::test]
async fn the_hook_of_a_request_replaces_that_of_the_client() {
    let server = Raw::always(vec![ok(ERROR)]).await;
    let api = judging(client(&server.url), Classification::permanent());
    let call = api.get::<Value>("x").fail_when(|_| None);
    assert!(within("the call", call).await.is_ok());

    let plain = client(&server.url).build().unwrap();
    let call = plain.get::<Value>("x").fail_when(|_| Some(Classification::ignored()));
    assert_eq!(within("the call", call).await.unwrap_err().kind(), ErrorKind::Judged);
}

#[tokio::test]
async fn the_hook_is_not_asked_about_an_error_status_or_a_body_that_breaks_off() {
    let broken = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"error\":1";
    let scripts = [write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"), write(broken)];
    for (script, kind) in scripts.into_iter().zip([ErrorKind::Server, ErrorKind::Connection]) {
        let server = Raw::always(vec![script, Step::Reset]).await;
        let judged = client(&server.url).no_retry().fail_when(|_| panic!("not asked"));
        let api = judged.build().unwrap();
        let error = within("the call", api.get::<Value>("x")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn a_panic_of_the_hook_is_a_failure_and_leaves_no_permit() {
    let server = Raw::always(vec![ok(ERROR)]).await;
    let api = client(&server.url).fail_when(|_| panic!("of the test")).build().unwrap();
    let call = tokio::spawn({
        let api = api.clone();
        async move { api.get::<Value>("x").await }
    });
    assert!(within("the call", call).await.unwrap_err().is_panic());
    assert_eq!((counted(&api), api.circuit_breaker().snapshot().in_flight), ((0, 1, 0), 0));
}
