//! A key that the caller chooses is the key of the call, wherever it is set.

use resilient_http::{
    ApiClient, ApiRequest, BuildErrorKind, HeaderMap, HeaderValue, Idempotency, IdempotencyKey,
    RequestBuilder,
};

use crate::support::api::Api;
use crate::support::settings::client;
use crate::support::within;

/// Returns the keys that the server received, one per attempt.
async fn keys(server: &Api, name: &str, call: RequestBuilder<()>) -> Vec<String> {
    let before = server.count();
    within("the call", call).await.unwrap_err();
    let seen = server.seen();
    let keys = seen[before..].iter().map(|seen| {
        let values: Vec<_> = seen.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{values:?}");
        values[0].to_str().unwrap().to_owned()
    });
    keys.collect()
}

fn from_data(api: &ApiClient) -> RequestBuilder<()> {
    let data = r#"{"method": "POST", "headers": {"Idempotency-Key": "order-17"}}"#;
    api.call(&serde_json::from_str::<ApiRequest>(data).unwrap()).unwrap()
}

#[tokio::test]
async fn the_callers_key_is_sent_with_every_attempt_of_a_post_wherever_it_is_set() {
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).build().unwrap();
    let key = "order-17";
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static(key));
    let auto = || api.post::<()>("x").idempotency_key(IdempotencyKey::Auto);
    for call in [
        api.post("x").header("Idempotency-Key", key),
        api.post("x").headers(headers),
        api.post("x").idempotency_key(key),
        api.post("x").idempotency_key(key).header("idempotency-key", key),
        auto().header("idempotency-key", key),
        api.post("x").header("idempotency-key", key).idempotency_key(IdempotencyKey::Auto),
        api.post("x").header("idempotency-key", key).idempotency(Idempotency::Yes),
        from_data(&api),
    ] {
        assert_eq!(keys(&server, "idempotency-key", call).await, [key; 3]);
    }
}

#[tokio::test]
async fn only_the_header_with_the_configured_name_is_a_key() {
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).idempotency_header("X-Request-Key").build().unwrap();
    let call = api.post("x").header("x-request-key", "order-17");
    assert_eq!(keys(&server, "x-request-key", call).await, ["order-17"; 3]);
    let call = api.post("x").header("idempotency-key", "order-17");
    assert_eq!(keys(&server, "idempotency-key", call).await, ["order-17"]);
}

#[tokio::test]
async fn a_call_that_may_not_be_sent_twice_sends_its_key_once() {
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).build().unwrap();
    let call = api.put("x").header("idempotency-key", "order-17").idempotency(Idempotency::No);
    assert_eq!(keys(&server, "idempotency-key", call).await, ["order-17"]);
}

#[tokio::test]
async fn two_different_keys_and_constant_keys_are_refused() {
    let api = client("http://localhost").build().unwrap();
    let two = api.post::<()>("x").idempotency_key("a").header("idempotency-key", "b");
    let empty = api.post::<()>("x").header("idempotency-key", "");
    for call in [two, empty] {
        assert_eq!(call.prepare().unwrap_err().kind(), BuildErrorKind::Header);
    }
    let with = |name: &str| client("http://localhost").header(name, "order-17");
    for builder in [with("Idempotency-Key"), with("x-key").idempotency_header("X-Key")] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains("same key for all calls"), "{error}");
    }
    assert!(with("idempotency-key").idempotency_header("x-key").build().is_ok());
}
