//! Values of a call that win over those of its endpoint, and values that are refused.

use resilient_http::{
    ApiKey, Auth, AuthKind, BuildErrorKind, CallOptions, Endpoint, Idempotency, IdempotencyKey,
};
use serde_json::{Value, json};

use crate::declared::{declared, endpoint};
use crate::support::api::{Api, answer};
use crate::support::within;

#[tokio::test]
async fn the_key_of_a_call_wins_over_the_idempotency_of_the_endpoint() {
    for declaration in [
        Idempotency::Auto,
        Idempotency::Yes,
        Idempotency::No,
        Idempotency::Key(IdempotencyKey::Auto),
    ] {
        let server = Api::statuses(&[500]).await;
        let any = endpoint(&declared(&server.url).idempotency(declaration));
        for options in [
            CallOptions::new().header("Idempotency-Key", "order-17"),
            CallOptions::new().idempotency_key("order-17"),
        ] {
            let before = server.count();
            within("the call", any.call_with(&json!({}), &options)).await.unwrap_err();
            let seen = server.seen();
            let keys: Vec<_> =
                seen[before..].iter().map(|seen| seen.header("idempotency-key")).collect();
            assert_eq!(keys, [Some("order-17"); 3]);
        }
    }
}

#[tokio::test]
async fn a_key_that_would_be_the_same_for_all_calls_is_refused() {
    for config in [
        declared("http://localhost").idempotency(Idempotency::Key("order-17".into())),
        declared("http://localhost").header("Idempotency-Key", "order-17"),
    ] {
        let error = config.build().unwrap_err().to_string();
        assert!(error.contains("would be the same key for all calls"), "{error}");
    }
}

#[tokio::test]
async fn a_number_that_json_cannot_express_is_refused_in_every_layer() {
    let any = endpoint(&declared("http://localhost")).typed::<[(&str, f64); 1], ()>();
    let extra = declared("http://localhost").extra_body([("a", f64::NAN)]);
    assert_eq!(extra.build().unwrap_err().kind(), BuildErrorKind::Body);
    let options = CallOptions::new().field("b", [1.0, f32::INFINITY]);
    let error = any.prepare_with(&[("a", 1.0)], &options).unwrap_err();
    assert_eq!(error.to_string(), "field `[1]` of the field `b` is NaN or infinite");
    let any = any.typed::<Option<f64>, ()>();
    let error = any.prepare(&Some(f64::NAN)).unwrap_err();
    assert_eq!(error.to_string(), "request is NaN or infinite");
}

#[tokio::test]
async fn an_endpoint_can_have_credentials_that_are_refreshed() {
    let server = Api::serve(|_, seen| match seen.header("authorization") {
        Some("Bearer t2") => answer(200, &[], "1"),
        _ => answer(401, &[], ""),
    })
    .await;
    let fetched = std::sync::atomic::AtomicU32::new(0);
    let auth = Auth::refresh("authorization", move |_| {
        let n = fetched.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        std::future::ready(Ok::<_, std::io::Error>(format!("Bearer t{n}").into()))
    });
    let config = declared(&server.url).auth(AuthKind::None).build().unwrap();
    let any = Endpoint::<Value, Value>::builder(config).auth(auth.clone()).build().unwrap();
    assert_eq!(within("the call", any.call(&json!({}))).await.unwrap(), 1);
    // Credentials in two places are a mistake.
    let config = declared(&server.url).auth(AuthKind::Bearer).api_key(ApiKey::secret("k"));
    let error = Endpoint::<Value, Value>::builder(config.build().unwrap()).auth(auth).build();
    assert_eq!(error.unwrap_err().kind(), BuildErrorKind::Credentials);
}
