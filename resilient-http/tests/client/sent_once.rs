//! A call with `Idempotency::No` is sent once, whatever the server responds.

use resilient_http::{
    ApiClient, ApiError, Auth, BoxError, Classification, Idempotency, Method, RetriesDisabled,
    SecretString,
};

use crate::support::api::{Api, answer, json};
use crate::support::raw::refusing;
use crate::support::settings::client;
use crate::support::within;

async fn fails(api: &ApiClient, method: Method) -> ApiError {
    let call = api.request(method, "x").bytes("x").idempotency(Idempotency::No);
    within("the call", call).await.unwrap_err()
}

#[tokio::test]
async fn fm_f16_a_call_that_may_not_be_sent_twice_is_sent_once_whatever_the_response() {
    for (status, header) in [
        (429, ("x-nothing", "")),
        (429, ("retry-after", "0")),
        (503, ("retry-after", "0")),
        (500, ("x-should-retry", "true")),
        (429, ("x-should-retry", "true")),
    ] {
        let server = Api::serve(move |_, _| answer(status, &[header], "")).await;
        for method in [Method::PUT, Method::POST] {
            let api = client(&server.url).build().unwrap();
            let before = server.count();

            let error = fails(&api, method.clone()).await;

            assert_eq!(server.count() - before, 1, "{method} {status} {header:?}");
            assert_eq!(error.retries_disabled(), Some(RetriesDisabled::NotIdempotent));
            assert!(!error.is_retryable());
        }
    }
}

#[tokio::test]
async fn a_call_that_may_not_be_sent_twice_is_sent_once_if_the_hook_says_throttled() {
    let server = Api::serve(|_, _| json("0")).await;
    let judged = client(&server.url).fail_when(|_| Some(Classification::throttled()));
    fails(&judged.build().unwrap(), Method::POST).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_call_that_may_not_be_sent_twice_returns_the_first_401_and_the_next_call_has_a_token() {
    let server = Api::serve(|_, seen| match seen.header("authorization") {
        Some("Bearer new") => json("1"),
        _ => answer(401, &[], ""),
    })
    .await;
    let auth = Auth::refresh("authorization", |refused: Option<SecretString>| async move {
        let token = if refused.is_some() { "Bearer new" } else { "Bearer old" };
        Ok::<_, BoxError>(token.into())
    });
    let api = client(&server.url).auth(auth).build().unwrap();

    let error = fails(&api, Method::POST).await;

    assert!(matches!(error, ApiError::Authentication { .. }), "{error:?}");
    assert_eq!(server.count(), 1);
    let next = api.post::<u32>("x").idempotency(Idempotency::No);
    assert_eq!(within("the next call", next).await.unwrap(), 1);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_call_that_may_not_be_sent_twice_is_retried_if_there_was_no_connection() {
    let api = client(&refusing()).build().unwrap();
    let error = fails(&api, Method::POST).await;
    assert_eq!((error.attempts(), error.retries_disabled()), (3, None));
}
