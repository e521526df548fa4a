//! The client sends the configured data, and reads responses as the requested type.

use std::time::Duration;

use resilient_http::{
    ApiClient, ApiError, ApiRequest, BuildErrorKind, Bytes, HeaderMap, HeaderValue, Method, Reply,
    RequestBuilder, Response, RetryPolicy,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::api::{Api, answer, json, status};
use crate::support::settings::client;
use crate::support::within;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct User {
    name: String,
    age: Option<u32>,
}

#[tokio::test]
async fn every_verb_sends_its_method_and_body() {
    let server = Api::serve(|_, _| json("null")).await;
    let base = format!("{}/v1/", server.url);
    let api = client(&base).header("x-client", "1").header("accept", "text/plain").build().unwrap();
    let user = User { name: "Ada".to_owned(), age: None };
    let () = within("a", api.get("a").query(&user).query([("b", "c d")])).await.unwrap();
    let () = within("b", api.post("b").json(&user)).await.unwrap();
    let () = within("c", api.put("/c/").form(&user)).await.unwrap();
    let () = within("d", api.patch("d").bytes(Bytes::from_static(b"\0\x01"))).await.unwrap();
    let () = within("e", api.delete("e").header("accept", "x/y")).await.unwrap();
    let response = within("f", api.head("f").body("no type")).await.unwrap();
    assert_eq!(response.bytes().len(), 0);
    let options = api.request(Method::OPTIONS, "").header("x-client", "2");
    within("g", options.decode::<()>()).await.unwrap();
    let seen: Vec<_> = server
        .seen()
        .iter()
        .map(|it| {
            let kind = it.header("content-type").unwrap_or("-").to_owned();
            (format!("{} {}", it.method, it.target), kind, it.text().to_owned())
        })
        .collect();
    let expected = [
        ("GET /v1/a?name=Ada&b=c+d", "-", ""),
        ("POST /v1/b", "application/json", r#"{"name":"Ada","age":null}"#),
        ("PUT /v1/c/", "application/x-www-form-urlencoded", "name=Ada"),
        ("PATCH /v1/d", "application/octet-stream", "\0\u{1}"),
        ("DELETE /v1/e", "-", ""),
        ("HEAD /v1/f", "-", "no type"),
        ("OPTIONS /v1", "-", ""),
    ];
    for ((request, kind, body), expected) in seen.iter().zip(expected) {
        assert_eq!((request.as_str(), kind.as_str(), body.as_str()), expected);
    }
    assert_eq!(server.seen()[0].header("accept"), Some("text/plain"));
    assert_eq!(server.seen()[4].header("accept"), Some("x/y"));
    assert_eq!(server.seen()[6].header("x-client"), Some("2"));
}

#[tokio::test]
async fn a_response_is_read_as_the_requested_type() {
    let server = Api::serve(|_, _| {
        let headers =
            [("x-request-id", "r-1"), ("x-ratelimit-limit", "9"), ("x-ratelimit-remaining", "8")];
        answer(201, &headers, r#"{"name": "Ada", "age": 36}"#)
    })
    .await;
    let api = client(&server.url).build().unwrap();
    let ada = User { name: "Ada".to_owned(), age: Some(36) };
    let user: User = within("typed", api.get("x")).await.unwrap();
    assert_eq!(user, ada);
    let reply: Reply<User> = within("reply", api.get("x")).await.unwrap();
    assert_eq!((reply.value, reply.response.status().as_u16()), (ada, 201));
    assert_eq!(reply.response.request_id(), Some("r-1"));
    assert_eq!(reply.response.rate_limit().unwrap().remaining, Some(8));
    let raw: Response = within("raw", api.get("users/{id}").param("id", 1)).await.unwrap();
    assert_eq!((raw.attempts(), raw.template()), (1, "users/{id}"));
    assert_eq!(raw.json::<Value>().unwrap()["age"], 36);
    assert!(raw.text().unwrap().starts_with('{'));
    assert_eq!(raw.headers()["x-request-id"], "r-1");
    assert_eq!(raw.into_bytes().len(), 26);
}

#[tokio::test]
async fn an_error_contains_the_message_of_the_server() {
    let server = Api::serve(|_, _| {
        let headers = [("request-id", "r-2"), ("content-type", "application/json")];
        answer(422, &headers, r#"{"error": {"message": "name is empty", "code": 7}}"#)
    })
    .await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.post::<User>("users").json(&1)).await.unwrap_err();
    assert_eq!(error.message().as_deref(), Some("name is empty"));
    assert_eq!(error.body_json::<Value>().unwrap()["error"]["code"], 7);
    assert_eq!(error.request_id(), Some("r-2"));
    assert_eq!(error.headers().unwrap()["content-type"], "application/json");
    assert_eq!(error.to_string(), "POST users: the server refused (status 422)");
    // The error names the missing field, and contains no part of the body.
    let server = Api::serve(|_, _| json(r#"{"age": 36}"#)).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<User>("x")).await.unwrap_err();
    let ApiError::Decode { error: why, .. } = &error else { panic!("{error:?}") };
    let user = std::any::type_name::<User>();
    let reason = "field `name` is missing, at line 1 column 11";
    assert_eq!(why.to_string(), format!("the JSON does not fit the type `{user}`: {reason}"));
    assert_eq!(why.details(), "missing field `name` at line 1 column 11");
}

#[tokio::test]
async fn a_prepared_request_is_checked_and_can_be_sent_again() {
    let server = Api::serve(|_, _| json("[1]")).await;
    let api = client(&server.url).build().unwrap();
    let prepared = api.request(Method::POST, "items/{id}").param("id", 7).json(&"x");
    let prepared = prepared.query([("a", "b")]).prepare().unwrap();
    assert_eq!((prepared.method(), prepared.template()), (&Method::POST, "items/{id}"));
    assert_eq!(prepared.url().as_str(), format!("{}/items/7?a=b", server.url));
    assert!(prepared.headers().contains_key("content-type"));
    for _ in 0..2 {
        let numbers: Vec<u32> = within("the call", api.execute_as(&prepared)).await.unwrap();
        assert_eq!(numbers, [1]);
    }
    assert_eq!(server.count(), 2);
    let wrong = api.request(Method::GET, "items/{id}").prepare().unwrap_err();
    assert_eq!(wrong.kind(), BuildErrorKind::Parameter);
}

#[tokio::test]
async fn each_mistake_in_a_request_or_a_client_has_its_kind_of_error() {
    let api = client("http://localhost").build().unwrap();
    let kind = |request: ApiRequest| api.call::<()>(&request).map(|_| ()).unwrap_err().kind();
    let request = |text: &str| serde_json::from_str::<ApiRequest>(text).unwrap();
    assert_eq!(kind(request(r#"{"method": "a b"}"#)), BuildErrorKind::Setting);
    assert_eq!(kind(request(r#"{"json": 1, "data": {}}"#)), BuildErrorKind::Body);
    assert_eq!(kind(request(r#"{"params": {"a": {}}}"#)), BuildErrorKind::Query);
    let error = api.post::<()>("x").form(&7).prepare().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Body);
    let error = api.get::<()>("x").query(7).prepare().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Query);
    for (builder, expected) in [
        (ApiClient::builder("localhost"), BuildErrorKind::BaseUrl),
        (client("http://h").timeout(Duration::ZERO), BuildErrorKind::Setting),
        (client("http://h").deadline(Duration::ZERO), BuildErrorKind::Setting),
        (client("http://h").connect_timeout(Duration::ZERO), BuildErrorKind::Setting),
        (client("http://h").idempotency_header("a b"), BuildErrorKind::Header),
        (client("http://h").allow_origin("h"), BuildErrorKind::CrossOrigin),
        (client("http://h").allow_origin("ftp://h"), BuildErrorKind::CrossOrigin),
        (client("http://h").allow_origin("http://files/x"), BuildErrorKind::CrossOrigin),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), expected);
    }
}

#[cfg(not(any(feature = "rustls-tls", feature = "native-tls")))]
#[test]
fn https_without_tls_names_the_feature() {
    let error = ApiClient::builder("https://h").build().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Tls);
    assert!(error.to_string().contains("`rustls-tls`"), "{error}");
}

#[tokio::test]
async fn default_headers_may_have_several_values() {
    let server = Api::serve(|_, _| status(200)).await;
    let mut headers = HeaderMap::new();
    headers.append("x-many", HeaderValue::from_static("1"));
    headers.append("x-many", HeaderValue::from_static("2"));
    let api = client(&server.url).default_headers(headers.clone()).build().unwrap();
    let many = |n: usize| {
        let all = server.seen();
        all[n].headers.get_all("x-many").iter().count()
    };
    let _: Response = within("the call", api.get("x")).await.unwrap();
    headers.append("x-many", HeaderValue::from_static("3"));
    let _: Response = within("the call", api.get("x").headers(headers)).await.unwrap();
    assert_eq!((many(0), many(1)), (2, 3));
}

#[test]
fn outside_a_runtime_the_error_says_what_is_missing() {
    let policy = RetryPolicy::builder().max_retries(1).build().unwrap();
    let api = client("http://127.0.0.1:9").retry(policy).build().unwrap();
    let mut call = Box::pin(api.get::<()>("x").send());
    let waker = std::task::Waker::noop();
    let mut cx = std::task::Context::from_waker(waker);
    let std::task::Poll::Ready(Err(error)) = call.as_mut().poll(&mut cx) else {
        panic!("it waits for a timer that is not there");
    };
    let ApiError::Build(why) = &error else { panic!("{error:?}") };
    assert!(why.to_string().contains("runtime"), "{why}");
}

#[tokio::test]
async fn clients_of_one_name_share_their_circuit_breaker_and_budget() {
    let server = Api::statuses(&[500]).await;
    let make = || client(&server.url).name("requests: one name").build().unwrap();
    let (one, other) = (make(), make());
    within("the call", one.get::<()>("x")).await.unwrap_err();
    assert_eq!(other.circuit_breaker().snapshot().totals.failure, 3);
    resilient::Registry::global().named("requests: one name").force_open();
    let error = within("the call", other.get::<()>("x")).await.unwrap_err();
    assert!(error.is_circuit_open());
}

fn size_of_shared<T: Send + Sync + 'static>() -> usize {
    size_of::<T>()
}

#[test]
fn an_error_is_small_and_both_can_be_shared() {
    assert!(size_of_shared::<ApiError>() <= 64);
    assert_eq!(size_of_shared::<ApiClient>(), size_of::<usize>());
}

#[test]
fn the_future_of_a_call_is_small() {
    let api = client("http://localhost").build().unwrap();
    let size = size_of_val(&api.get::<Value>("x").send());
    assert!(size <= 4096, "{size} bytes");
}

#[test]
fn the_last_body_sets_the_content_type_unless_a_header_does() {
    let api = client("http://localhost").build().unwrap();
    let kind = |request: RequestBuilder<()>| {
        let prepared = request.prepare().unwrap();
        let kind = prepared.headers().get("content-type")?;
        Some(kind.to_str().unwrap().to_owned())
    };
    let form = "application/x-www-form-urlencoded";
    let json = || api.post("x").json(&1);
    assert_eq!(kind(json().form(&[("a", "b")])).as_deref(), Some(form));
    assert_eq!(kind(json().body("of any kind")), None);
    let by_hand = || api.post("x").header("content-type", "a/b");
    assert_eq!(kind(by_hand().json(&1)).as_deref(), Some("a/b"));
    assert_eq!(kind(by_hand().json(&1).body("c")).as_deref(), Some("a/b"));
    let later = json().header("content-type", "a/b");
    assert_eq!(kind(later.form(&[("a", "b")])).as_deref(), Some("a/b"));
}
