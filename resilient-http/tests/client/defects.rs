//! The tests for defects AC1 to AC15 of the Python system. Each test fails if this crate has the
//! defect. (AC16 was an undeclared dependency.)

use std::collections::BTreeMap;
use std::time::Duration;

use resilient_http::{
    ApiError, ApiKey, ApiRequest, Auth, BreakerConfig, ErrorKind, IdempotencyKey, Phase,
    ReqwestTransport, Response,
};
use serde_json::{Value, json as value};

use crate::support::api::{Api, answer, json, status};
use crate::support::raw::{Raw, Step, write};
use crate::support::settings::client;
use crate::support::within;

#[tokio::test]
async fn defect_ac1_retry_after_is_found_whatever_its_case() {
    let head = "HTTP/1.1 429 x\r\nReTrY-aFtEr: 61\r\ncontent-length: 0\r\n\r\n";
    let server = Raw::always(vec![write(head)]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    let ApiError::RateLimited { retry_after, .. } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(61)));
}

#[tokio::test]
async fn defect_ac2_an_empty_answer_is_a_success() {
    let server = Api::statuses(&[204]).await;
    let api = client(&server.url).build().unwrap();
    let () = within("the call", api.delete("x")).await.unwrap();
    let nothing: Option<u32> = within("the call", api.delete("x")).await.unwrap();
    assert_eq!(nothing, None);
    let null: Value = within("the call", api.delete("x")).await.unwrap();
    assert_eq!(null, Value::Null);
}

#[tokio::test]
async fn defect_ac3_what_cannot_be_read_is_not_sent_again() {
    let server = Api::statuses(&[204]).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.delete::<u32>("x")).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Decode, 1));
}

#[tokio::test]
async fn defect_ac4_an_error_body_of_any_shape_is_taken() {
    for body in [r#"["a"]"#, r#""a""#, "7", "null", "{", "", r#"{"detail": {"a": [1]}}"#, "\u{0}"] {
        let server = Api::serve(move |_, _| answer(400, &[], body)).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Status, 400));
        assert_eq!(error.body_text().unwrap(), body);
        let _ = (error.message(), error.body_json::<Value>(), error.to_string());
    }
}

#[tokio::test]
async fn defect_ac5_broken_connections_are_connection_errors() {
    for (steps, phase) in [
        (vec![Step::Reset], Phase::Send),
        (vec![], Phase::Send),
        (vec![write("garbage\r\n\r\n")], Phase::Send),
        (vec![write("HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\n[")], Phase::Body),
    ] {
        let server = Raw::always(steps).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert!(
            matches!(&error, ApiError::Connection { phase: p, .. } if *p == phase),
            "{error:?}"
        );
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test]
async fn defect_ac6_a_request_that_is_data_can_be_called_again() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    let request: ApiRequest = serde_json::from_value(value!({
        "method": "post", "url": "/items/{id}", "path_params": {"id": "a b"},
        "params": {"n": 1, "tag": ["x", "y"], "no": null}, "json": {"a": 1}, "headers": {"x-a": "b"}
    }))
    .unwrap();
    let before = request.clone();
    for _ in 0..2 {
        let _: u32 = within("the call", api.call(&request).unwrap()).await.unwrap();
    }
    assert_eq!(request, before);
    for seen in server.seen() {
        assert_eq!(
            (seen.method.as_str(), seen.target.as_str()),
            ("POST", "/items/a%20b?n=1&tag=x&tag=y")
        );
        assert_eq!((seen.text(), seen.header("x-a")), (r#"{"a":1}"#, Some("b")));
    }
    let _: u32 = within("the call", api.call(&ApiRequest::default()).unwrap()).await.unwrap();
    assert_eq!((server.seen()[2].method.as_str(), server.seen()[2].target.as_str()), ("GET", "/"));
}

#[tokio::test]
async fn defect_ac7_every_method_carries_query_and_body() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    for method in ["GET", "DELETE", "PUT", "PATCH", "POST"] {
        let mut request = ApiRequest::default();
        method.clone_into(&mut request.method);
        request.params = BTreeMap::from([("q".to_owned(), value!("1"))]);
        request.json = Some(value!([method]));
        let _: u32 = within("the call", api.call(&request).unwrap()).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), (method, "/?q=1"));
        assert_eq!(seen.text(), format!("[\"{method}\"]"));
        request.json = None;
        request.data = Some(BTreeMap::from([("f".to_owned(), value!("a b"))]));
        let _: u32 = within("the call", api.call(&request).unwrap()).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!((seen.text(), seen.target.as_str()), ("f=a+b", "/?q=1"));
        assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    }
    let _: u32 = within("the call", api.delete("x").query([("a", "1")]).json(&2)).await.unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!((seen.target.as_str(), seen.text()), ("/x?a=1", "2"));
}

#[tokio::test]
async fn defect_ac8_the_breaker_is_within_the_retry_and_sees_every_attempt() {
    let server = Api::statuses(&[500]).await;
    let breaker = BreakerConfig::builder().failure_threshold(5).build().unwrap();
    let api = client(&server.url).circuit_breaker(breaker).build().unwrap();
    for _ in 0..5 {
        within("the call", api.get::<()>("x")).await.unwrap_err();
    }
    // The first call makes three attempts. The second call makes two attempts, which open the
    // circuit. Without the breaker, the server would receive 15 requests.
    assert_eq!(server.count(), 5);
}

#[tokio::test]
async fn defect_ac9_what_the_caller_did_wrong_opens_no_circuit() {
    let server = Api::serve(|_, seen| status(seen.target[1..].parse().unwrap())).await;
    let breaker = BreakerConfig::builder().failure_threshold(2).build().unwrap();
    let api = client(&server.url).circuit_breaker(breaker).build().unwrap();
    for code in ["404", "401", "403", "400", "422"] {
        for _ in 0..5 {
            let error = within("the call", api.get::<()>(code)).await.unwrap_err();
            assert!(!error.is_circuit_open());
        }
    }
    assert_eq!(server.count(), 25);
}

#[tokio::test]
async fn defect_ac10_a_post_is_not_sent_twice_without_a_key() {
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).build().unwrap();
    within("the call", api.post::<()>("x").json(&1)).await.unwrap_err();
    assert_eq!(server.count(), 1);
    let keyed = api.post::<()>("x").json(&1).idempotency_key(IdempotencyKey::Auto);
    within("the call", keyed).await.unwrap_err();
    assert_eq!(server.count(), 1 + 3);
}

#[tokio::test]
async fn defect_ac11_a_given_client_is_used_with_our_settings_and_stays_open() {
    let server = Api::serve(|n, _| if n == 1 { status(500) } else { json("1") }).await;
    let given =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let api = client(&format!("{}/v1", server.url))
        .transport(ReqwestTransport::given(given.clone()))
        .auth(Auth::bearer(ApiKey::secret("k")))
        .header("x-a", "b")
        .build()
        .unwrap();
    let _: u32 = within("the call", api.get("x")).await.unwrap();
    let seen = server.only();
    assert_eq!((seen.target.as_str(), seen.header("x-a")), ("/v1/x", Some("b")));
    assert_eq!(seen.header("authorization"), Some("Bearer k"));
    let response: Response = within("the call", api.get("x")).await.unwrap();
    assert_eq!(response.attempts(), 2);
    api.close();
    let answer = given.get(&server.url).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}

#[tokio::test]
async fn a_given_client_that_follows_redirects_is_detected() {
    let server = Api::serve(|n, _| match n {
        0 => answer(302, &[("location", "/y")], ""),
        _ => json("1"),
    })
    .await;
    let transport = ReqwestTransport::given(reqwest::Client::new());
    let api = client(&server.url).transport(transport).build().unwrap();
    let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
}

#[tokio::test]
async fn defect_ac12_a_closed_client_says_so() {
    let server = Api::serve(|_, _| json("1")).await;
    let api = client(&server.url).build().unwrap();
    let clone = api.clone();
    api.close();
    api.close();
    for api in [&api, &clone] {
        assert!(api.is_closed());
        let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
        assert!(matches!(error, ApiError::Closed), "{error:?}");
        assert_eq!(error.to_string(), "not sent: the client is closed");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn defect_ac13_calls_on_a_closed_client_open_no_circuit_and_are_not_retried() {
    let server = Api::serve(|_, _| json("1")).await;
    let breaker = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let api = client(&server.url).circuit_breaker(breaker).build().unwrap();
    api.close();
    for _ in 0..3 {
        let error = within("the call", api.get::<u32>("x")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Closed, 0));
        assert!(!error.is_retryable());
    }
    let snapshot = api.circuit_breaker().snapshot();
    assert_eq!(snapshot.state, resilient::breaker::CircuitState::Closed);
    assert_eq!((snapshot.totals.failure, snapshot.totals.rejected), (0, 0));
}

#[tokio::test]
async fn defect_ac14_an_absolute_address_takes_no_credentials_elsewhere() {
    let other = Api::serve(|_, _| json("1")).await;
    let server = Api::serve(|_, _| json("1")).await;
    let auth = Auth::bearer(ApiKey::secret("k"));
    let api = client(&server.url).auth(auth).build().unwrap();
    let error = within("the call", api.get::<u32>(format!("{}/x", other.url))).await.unwrap_err();
    assert_eq!((error.kind(), other.count()), (ErrorKind::Build, 0));
    let own = format!("{}/x", server.url);
    let _: u32 = within("the call", api.get(own)).await.unwrap();
    assert_eq!(server.only().header("authorization"), Some("Bearer k"));
}

#[tokio::test]
async fn defect_ac15_the_body_of_an_error_is_bounded() {
    let server = Api::serve(|_, _| answer(400, &[], vec![b'x'; 10_000_000])).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(error.body_text().unwrap().len(), 64 * 1024);
    assert!(error.is_body_truncated());
}
