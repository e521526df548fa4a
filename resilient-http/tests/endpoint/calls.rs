//! A call sends the configured data. The options of a call override the configuration.

use std::time::Duration;

use resilient_http::{
    ApiClient, ApiError, BuildErrorKind, CallOptions, Endpoint, ErrorKind, Idempotency,
    IdempotencyKey, Reply, Response,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};

use crate::declared::{Any, declared, endpoint, over, says};
use crate::support::api::{Api, json, status};
use crate::support::raw::{Raw, Step};
use crate::support::within;

#[derive(Serialize)]
struct Question {
    text: String,
    #[serde(rename = "max")]
    most: Option<u32>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Answer {
    text: String,
}

#[tokio::test]
async fn an_endpoint_has_a_request_type_and_a_response_type() {
    let server = Api::serve(|_, _| json(r#"{"text":"Here."}"#)).await;
    let config = declared(&server.url).build().unwrap();
    let ask = Endpoint::<Question, Answer>::new(config).unwrap();
    let question = Question { text: "Where?".to_owned(), most: None };
    let answer = within("the call", ask.call(&question)).await.unwrap();
    assert_eq!(answer.text, "Here.");
    let seen = server.only();
    assert_eq!((seen.method.as_str(), &*seen.target), ("POST", "/chat"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.text(), r#"{"text":"Where?"}"#);
    // This handle of the same endpoint has another response type.
    let whole = ask.typed::<Question, Reply<Answer>>();
    let reply = within("the call", whole.call(&question)).await.unwrap();
    assert_eq!((reply.value, reply.response.attempts()), (answer, 1));
    let bare = ask.typed::<str, Response>();
    let response = within("the call", bare.call("x")).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(server.seen()[2].text(), r#""x""#);
}

#[tokio::test]
async fn options_of_the_call_override_the_request_and_the_request_overrides_the_configuration() {
    let server = Api::serve(|_, _| json("1")).await;
    let config = declared(&server.url)
        .extra_body(value!({"a": "config", "b": "config", "c": "config", "d": "config"}))
        .header("x-a", "config")
        .header("x-b", "config");
    let any = endpoint(&config);
    let options =
        CallOptions::new().field("c", "call").field("d", None::<u32>).header("X-B", "call");
    let request = value!({"b": "request", "c": "request", "a": null});
    let work = any.call_with(&request, &options);
    within("the call", work).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.text(), r#"{"a":"config","b":"request","c":"call"}"#);
    assert_eq!((seen.header("x-a"), seen.header("x-b")), (Some("config"), Some("call")));
    // The options of one call do not affect the next call.
    within("the call", any.call(&value!({}))).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].text(), r#"{"a":"config","b":"config","c":"config","d":"config"}"#);
    assert_eq!(seen[1].header("x-b"), Some("config"));
}

#[tokio::test]
async fn parameters_of_the_path_come_from_the_configuration_or_the_call() {
    let server = Api::serve(|_, _| json("1")).await;
    let config = declared(&server.url).path("models/{model}/{task}").param("task", "predict");
    let any = endpoint(&config);
    for (options, target) in [
        (CallOptions::new().param("model", "m 1"), "/models/m%201/predict"),
        (CallOptions::new().param("model", "m").param("task", "a/b"), "/models/m/a%2Fb"),
    ] {
        let call = any.call_with(&value!({}), &options);
        within("the call", call).await.unwrap();
        assert_eq!(server.seen().last().unwrap().target, target);
    }
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    let ApiError::Build(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), BuildErrorKind::Parameter);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_call_can_set_its_time_limits_and_idempotency() {
    let server = Raw::always(vec![Step::Stall]).await;
    let any = endpoint(&declared(&server.url));
    let options =
        CallOptions::new().timeout(Duration::from_millis(20)).idempotency(Idempotency::No);
    let call = any.call_with(&value!({}), &options);
    let error = within("the call", call).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Timeout, 1));
    let options = CallOptions::new().timeout(None).deadline(Duration::from_millis(20));
    let call = any.call_with(&value!({}), &options);
    let error = within("the call", call).await.unwrap_err();
    assert!(error.is_timeout());
    // A call with an idempotency key is retried. All its attempts carry the same key.
    let server = Api::serve(|n, _| if n == 0 { status(500) } else { json("1") }).await;
    let any = endpoint(&declared(&server.url).idempotency(Idempotency::Auto));
    let options = CallOptions::new().idempotency_key(IdempotencyKey::Auto);
    let call = any.call_with(&value!({}), &options);
    within("the call", call).await.unwrap();
    let seen = server.seen();
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key")).collect();
    assert!(keys[0].is_some());
    assert_eq!((keys.len(), keys[0]), (2, keys[1]));
}

#[tokio::test]
async fn an_invalid_call_is_an_error_and_sends_nothing() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&server.url).extra_body(value!({"a": 1})));
    let wrong = [
        CallOptions::new().header("x y", "1"),
        CallOptions::new().header("x", "a\r\nb: c"),
        CallOptions::new().header("Content-Type", "text/plain"),
        CallOptions::new().param("nmae", "1"),
    ];
    for options in wrong {
        let call = any.call_with(&value!({}), &options);
        let error = within("the call", call).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{options:?}");
    }
    let error = within("the call", any.call(&value!([1]))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert_eq!(server.count(), 0);
    assert_eq!(any.circuit_breaker().snapshot().totals, resilient::breaker::CallCounts::default());
}

#[tokio::test]
async fn a_prepared_request_equals_the_request_that_a_call_sends() {
    let server = Api::serve(|_, _| json("7")).await;
    let any = endpoint(&declared(&server.url).header("x-a", "1"));
    let prepared = any.prepare(&value!({"a": 1})).unwrap();
    assert_eq!(prepared.url().path(), "/chat");
    assert_eq!(prepared.headers()["x-a"], "1");
    assert_eq!(server.count(), 0);
    let seven: u32 = within("the call", any.client().execute_as(&prepared)).await.unwrap();
    assert_eq!((seven, server.only().text()), (7, r#"{"a":1}"#));
}

#[tokio::test]
async fn a_thousand_calls_at_once_share_one_endpoint() {
    let any = over(&declared("http://localhost"), |_, request| says(200, request.into_body()));
    let calls: Vec<_> = (0..1000)
        .map(|n| {
            let any = any.clone();
            tokio::spawn(async move { any.call(&value!({ "n": n })).await })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        let answer = within("the call", call).await.unwrap().unwrap();
        assert_eq!(answer, value!({ "n": n }));
    }
}

#[tokio::test]
async fn endpoints_on_a_client_share_its_connections_and_close_with_it() {
    let server = Api::serve(|_, _| json("1")).await;
    let client = ApiClient::builder(&server.url).header("x-own", "client").build().unwrap();
    let on_client = |path: &str| -> Any {
        let config = declared("").path(path).build();
        // The configuration is invalid, because the base URL is empty.
        assert!(config.is_err());
        let config = resilient_http::EndpointConfig::builder(crate::declared::unique(), "test")
            .path(path)
            .auth(resilient_http::AuthKind::None)
            .build()
            .unwrap();
        Endpoint::builder(config).connections_of(&client).build().unwrap()
    };
    let (one, two) = (on_client("one"), on_client("two"));
    let _: u32 = within("the call", client.get("x")).await.unwrap();
    within("the call", one.call(&value!({}))).await.unwrap();
    within("the call", two.call(&value!({}))).await.unwrap();
    assert_eq!((server.count(), server.connections.accepted()), (3, 1));
    assert_eq!(server.seen()[1].header("x-own"), None);
    // Closing one endpoint does not close other endpoints.
    one.close();
    let error = within("the call", one.call(&value!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    within("the call", two.call(&value!({}))).await.unwrap();
    // Closing the client closes all its endpoints.
    let wait = client.shutdown(Duration::from_secs(20));
    within("close", wait).await.unwrap();
    let error = within("the call", two.call(&value!({}))).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Closed, 4));
    crate::support::until("its connections are closed", || server.connections.open() == 0).await;
    assert!(two.client().is_closed());
}

#[test]
fn calls_can_be_moved_to_other_threads() {
    fn is_send<T: Send>(_: &T) {}
    let any = over(&declared("http://localhost"), |_, _| says(200, "1"));
    // The request is serialized before the first await point, so it need not be `Sync`.
    let request: std::cell::Cell<Value> = std::cell::Cell::new(Value::Null);
    let request = request.take();
    is_send(&any.call(&request));
}

#[tokio::test]
async fn a_client_that_is_closed_waits_for_calls_of_its_endpoints() {
    let transport = crate::gated::Gated::new(|_| says(200, "1"));
    let client =
        ApiClient::builder("http://localhost").transport(transport.clone()).build().unwrap();
    let config = declared("http://localhost").build().unwrap();
    let any: Any = Endpoint::builder(config).connections_of(&client).build().unwrap();
    let running = tokio::spawn(async move { any.call(&value!({})).await });
    crate::support::until("it is asked", || transport.asked() == 1).await;
    assert_eq!(client.in_flight(), 1);
    let left = client.shutdown(Duration::from_millis(1)).await;
    assert_eq!(left.unwrap_err().calls(), 1);
    transport.let_through(1);
    let wait = client.shutdown(Duration::from_secs(20));
    within("close", wait).await.unwrap();
    assert_eq!(within("the call", running).await.unwrap().unwrap(), 1);
}
