//! The code of `docs/outcomes.md`.

// excerpt: match
use std::time::Duration;

use resilient_http::ApiError;

#[derive(Debug, PartialEq)]
enum Next {
    Ask,
    ComeBackIn(Duration),
    GiveUp,
}

fn what_to_do(error: &ApiError) -> Next {
    let wait = match error {
        ApiError::Authentication { .. } | ApiError::Forbidden { .. } => return Next::Ask,
        ApiError::RateLimited { retry_after, .. } => *retry_after,
        ApiError::CircuitOpen(open) => open.retry_after(),
        _ => None,
    };
    wait.map_or(Next::GiveUp, Next::ComeBackIn)
}
// end excerpt

use resilient_http::{ApiClient, BreakerConfig};

use crate::support::api::{Api, answer};
use crate::support::settings::quickly;
use crate::support::within;

/// Returns a client whose circuit opens at the first failure, and which does not retry.
fn client_of(server: &Api) -> ApiClient {
    let breaker = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let builder = ApiClient::builder(server.url.as_str()).circuit_breaker(breaker);
    builder.retry(quickly(0)).build().unwrap()
}

#[tokio::test]
async fn the_variant_of_an_error_decides_what_to_do() {
    let expected = [
        (401, Next::Ask),
        (403, Next::Ask),
        (404, Next::GiveUp),
        (429, Next::ComeBackIn(Duration::from_secs(90))),
        (500, Next::GiveUp),
    ];
    for (status, next) in expected {
        let server = Api::serve(move |_, _| answer(status, &[("retry-after", "90")], "")).await;
        let call = client_of(&server).get::<()>("users");
        let error = within("the call", call).await.unwrap_err();
        assert_eq!(what_to_do(&error), next, "{status}");
    }
}

#[tokio::test]
async fn while_the_circuit_is_open_the_error_says_when_to_come_back() {
    let server = Api::statuses(&[500]).await;
    let api = client_of(&server);
    within("the failure", api.get::<()>("users")).await.unwrap_err();
    let error = within("the rejected call", api.get::<()>("users")).await.unwrap_err();
    let recovery = Duration::from_secs(30);
    let next = what_to_do(&error);
    assert!(matches!(next, Next::ComeBackIn(wait) if wait <= recovery), "{error}: {next:?}");

    api.circuit_breaker().force_open();
    let error = within("the call", api.get::<()>("users")).await.unwrap_err();
    assert_eq!((what_to_do(&error), server.count()), (Next::GiveUp, 1), "{error}");
}
