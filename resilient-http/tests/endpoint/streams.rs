//! Streams of endpoints: what a preset sends, how its streams end, and how they fail.

use resilient_http::{
    ApiError, ApiKey, AuthKind, BuildErrorKind, CallOptions, EndpointConfig, EndpointConfigBuilder,
    ErrorKind, EventStream, Preset, Response,
};
use serde_json::{Value, json as value};
use std::time::Duration;

use crate::declared::{endpoint, unique};
use crate::support::api::{Api, answer, json, status};
use crate::support::settings::quick;
use crate::support::within;

fn preset(preset: Preset, url: &str) -> EndpointConfigBuilder {
    EndpointConfig::builder(unique(), preset.name())
        .preset(preset)
        .base_url(format!("{url}/v1"))
        .api_key(ApiKey::secret("sk-1"))
        .retry(quick())
}

async fn events(body: &'static str) -> Api {
    let types = [("content-type", "text/event-stream")];
    Api::serve(move |_, _| answer(200, &types, body)).await
}

/// Reads the data of all events and the error that ends them.
async fn read(mut events: EventStream) -> (Vec<String>, Option<ApiError>) {
    let mut all = Vec::new();
    while let Some(event) = within("an event", events.next_event()).await {
        match event {
            Ok(event) => all.push(event.data),
            Err(error) => return (all, Some(error)),
        }
    }
    (all, None)
}

#[tokio::test]
async fn a_stream_of_openai_is_asked_for_and_ends_with_its_last_event() {
    let server = events("data: {\"a\":1}\n\ndata: {\"a\":2}\n\ndata: [DONE]\n\ndata: x\n\n").await;
    let config = preset(Preset::OPENAI, &server.url).extra_body(value!({"model": "m"}));
    let chat = endpoint(&config);
    let stream = chat.stream(&value!({"n": 1})).await.unwrap();
    let (all, error) = read(stream).await;
    assert_eq!(all, [r#"{"a":1}"#, r#"{"a":2}"#]);
    assert!(error.is_none());
    assert_eq!(server.only().text(), r#"{"model":"m","n":1,"stream":true}"#);
    let totals = chat.circuit_breaker().snapshot().totals;
    assert_eq!((totals.success, totals.abandoned), (1, 0));
    assert_eq!(chat.client().in_flight(), 0);
}

#[tokio::test]
async fn an_error_in_a_stream_of_openai_is_a_failure_with_its_message() {
    let server = events(
        "data: {\"a\":1}\n\ndata: {\"error\":{\"message\":\"The server is overloaded\",\
         \"type\":\"server_error\"}}\n\ndata: [DONE]\n\n",
    )
    .await;
    let chat = endpoint(&preset(Preset::OPENAI, &server.url));
    let (all, error) = read(chat.stream(&value!({})).await.unwrap()).await;
    assert_eq!(all.len(), 1);
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Judged);
    assert_eq!(error.message().unwrap(), "The server is overloaded");
    assert!(error.is_retryable());
    assert_eq!(chat.circuit_breaker().snapshot().totals.failure, 1);
}

#[tokio::test]
async fn an_exhausted_quota_in_a_stream_is_no_failure_of_the_server() {
    let server = events("data: {\"error\":{\"code\":\"insufficient_quota\"}}\n\n").await;
    let chat = endpoint(&preset(Preset::OPENAI, &server.url));
    let (_, error) = read(chat.stream(&value!({})).await.unwrap()).await;
    assert!(!error.unwrap().is_retryable());
    let totals = chat.circuit_breaker().snapshot().totals;
    assert_eq!((totals.success, totals.failure), (1, 0));
}

#[tokio::test]
async fn an_error_in_a_stream_of_anthropic_is_a_failure_with_its_message() {
    let server = events(
        "event: message_start\ndata: {\"type\":\"message_start\"}\n\nevent: ping\ndata: {}\n\n\
         event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\
         \"message\":\"Overloaded\"}}\n\n",
    )
    .await;
    let chat = endpoint(&preset(Preset::ANTHROPIC, &server.url));
    let (all, error) = read(chat.stream(&value!({"max_tokens": 1})).await.unwrap()).await;
    assert_eq!(all.len(), 2);
    assert_eq!(error.unwrap().message().unwrap(), "Overloaded");
    assert_eq!(server.only().text(), r#"{"max_tokens":1,"stream":true}"#);
    assert_eq!(chat.circuit_breaker().snapshot().totals.failure, 1);
}

#[tokio::test]
async fn a_stream_is_retried_until_its_head() {
    let types = [("content-type", "text/event-stream")];
    let server = Api::serve(move |n, _| match n {
        0 => status(500),
        _ => answer(200, &types, "data: 1\n\n"),
    })
    .await;
    let chat = endpoint(&preset(Preset::OPENAI, &server.url));
    let stream = chat.stream(&value!({})).await.unwrap();
    assert_eq!(stream.response().attempts(), 2);
    assert_eq!(read(stream).await.0, ["1"]);
}

#[tokio::test]
async fn a_call_that_asks_for_a_stream_is_refused_before_anything_is_sent() {
    let server = events("data: 1\n\n").await;
    let config = preset(Preset::OPENAI, &server.url);
    let refused = |error: ApiError| {
        let ApiError::Build(build) = &error else { panic!("{error}") };
        assert_eq!(build.kind(), BuildErrorKind::Body);
        assert_eq!(
            error.to_string(),
            "not sent: field `stream` asks for a stream: call `stream` instead of `call` or \
             `execute`"
        );
    };
    let chat = endpoint(&config);
    refused(chat.call(&value!({"stream": true})).await.unwrap_err());
    let options = CallOptions::new().field("stream", true);
    refused(chat.call_with(&value!({}), &options).await.unwrap_err());
    refused(chat.typed::<Value, Response>().call(&value!({"stream": true})).await.unwrap_err());
    let configured = endpoint(&config.clone().extra_body(value!({"stream": true})));
    refused(configured.call(&value!({})).await.unwrap_err());
    let prepared = chat.prepare(&value!({"stream": true})).unwrap();
    refused(chat.client().execute(&prepared).await.unwrap_err());
    assert_eq!((server.count(), chat.client().in_flight()), (0, 0));
    // The prepared request is for `stream`, and `false` is for `call`.
    let events = chat.client().stream(&prepared).await.unwrap().events().unwrap();
    assert_eq!(read(events).await.0, ["1"]);
    let error = chat.call(&value!({"stream": false})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn without_a_preset_a_request_is_sent_as_it_is() {
    let server = events("event: tick\ndata: 1\n\nevent: end\ndata: 2\n\n").await;
    let config = EndpointConfig::builder(unique(), "own")
        .base_url(&server.url)
        .path("ticks")
        .auth(AuthKind::None);
    let ticks = endpoint(&config);
    let stream = ticks.stream(&value!({"stream": "all"})).await.unwrap();
    let (all, error) = read(stream.end_when(|event| event.event == "end")).await;
    assert_eq!((all, error.is_none()), (vec!["1".to_owned()], true));
    assert_eq!(server.only().text(), r#"{"stream":"all"}"#);
    // The field means nothing here.
    let json = Api::serve(|_, _| json("7")).await;
    let config =
        EndpointConfig::builder(unique(), "own").base_url(&json.url).path("x").auth(AuthKind::None);
    assert_eq!(endpoint(&config).call(&value!({"stream": true})).await.unwrap(), 7);
}

#[tokio::test]
async fn streams_are_neither_cached_nor_read_from_the_cache() {
    let server = events("data: 1\n\n").await;
    let cache = resilient_http::CacheConfig::new().ttl(Duration::from_secs(60));
    let config = preset(Preset::OPENAI, &server.url).cache(cache);
    let chat = endpoint(&config);
    for _ in 0..2 {
        assert_eq!(read(chat.stream(&value!({})).await.unwrap()).await.0, ["1"]);
    }
    assert_eq!(server.count(), 2);
    let counts = chat.cache().unwrap().counts();
    assert_eq!((counts.hits, counts.misses), (0, 0));
}

#[test]
fn the_idle_timeout_of_an_endpoint_is_its_timeout_unless_it_is_set() {
    let config = preset(Preset::OPENAI, "http://localhost");
    let secs = |n| Some(Duration::from_secs(n));
    assert_eq!(config.clone().build().unwrap().idle_timeout(), secs(300));
    let short = config.clone().timeout(Duration::from_secs(9));
    assert_eq!(short.build().unwrap().idle_timeout(), secs(9));
    let own = config.clone().idle_timeout(Duration::from_secs(7));
    assert_eq!(own.build().unwrap().idle_timeout(), secs(7));
    assert_eq!(config.clone().idle_timeout(None).build().unwrap().idle_timeout(), None);
    assert!(config.clone().idle_timeout(Duration::ZERO).build().is_err());
    let chat = endpoint(&config);
    let options = CallOptions::new().idle_timeout(Duration::ZERO);
    assert!(chat.prepare_with(&value!({}), &options).is_err());
}

#[test]
fn a_file_sets_the_idle_timeout() {
    let endpoints = resilient_http::EndpointConfigs::from_toml(
        "[endpoint.chat]\npreset = \"openai\"\napi_key = \"literal:k\"\nidle_timeout = \"45s\"",
    )
    .unwrap();
    let config = endpoints.get("chat").unwrap();
    assert_eq!(config.idle_timeout(), Some(Duration::from_secs(45)));
}
