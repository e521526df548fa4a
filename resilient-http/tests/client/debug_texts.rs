//! What `Debug` prints: what a log needs, and no value that may be secret.

use std::fmt::Debug;
use std::io;
use std::time::Duration;

use http_body::Body as HttpBody;
use http_body_util::Full;
use resilient_http::{
    ApiClient, ApiKey, ApiRequest, Auth, Body, Bytes, Method, MockTransport, NextPage, RequestBody,
    ReqwestTransport, Response, ResponseBody, SecretString,
};

use crate::support::pipe::Pipe;

const SECRET: &str = "canary";

/// A client whose transport responds with this text. Each setting that can contain a secret does.
fn responding(body: &'static str) -> ApiClient {
    let respond = move |_: http::Request<Bytes>| {
        let mut response = http::Response::new(body.into());
        response.headers_mut().insert("x-echo", SECRET.parse().unwrap());
        Ok(response)
    };
    let builder = ApiClient::builder("http://localhost").header("x-key", SECRET);
    builder.transport(MockTransport::new(respond)).build().unwrap()
}

fn assert_prints(what: &impl Debug, expected: &[&str]) {
    let printed = format!("{what:?}");
    for text in expected {
        assert!(printed.contains(text), "{text} is missing: {printed}");
    }
    assert!(!format!("{printed} {what:#?}").contains(SECRET), "{printed}");
}

#[test]
fn each_way_to_authenticate_is_printed_without_its_value() {
    let key = || ApiKey::secret(SECRET);
    let fresh = || Ok::<_, io::Error>(SecretString::from(SECRET));
    let refresh = move |_| std::future::ready(fresh());
    for (auth, expected) in [
        (Auth::none(), "none"),
        (Auth::bearer(ApiKey::env("PAY_KEY")), "bearer ApiKey(env:PAY_KEY)"),
        (Auth::bearer(ApiKey::file("/run/key")), "bearer ApiKey(file:\"/run/key\")"),
        (Auth::api_key("x-key", key()), "header x-key ApiKey(secret)"),
        (Auth::basic(SECRET, key()), "basic ApiKey(secret)"),
        (Auth::query("key", key()), "query key ApiKey(secret)"),
        (Auth::fresh("x-key", fresh), "header x-key (fresh)"),
        (Auth::refresh("x-key", refresh), "header x-key (refresh)"),
    ] {
        assert_eq!(format!("{auth:?}"), expected);
    }
}

#[test]
fn bodies_are_printed_as_their_kind_and_length() {
    let stream = || Full::new(Bytes::from(SECRET));
    for (body, expected) in [
        (Body::default(), "Body(empty)"),
        (Body::from(SECRET), "Body(6 bytes)"),
        (Body::factory(stream), "Body(a stream for each attempt)"),
        (Body::once(stream()), "Body(a stream, once)"),
    ] {
        assert_eq!(format!("{body:?}"), expected);
    }
    assert_eq!(format!("{:?}", RequestBody::from(Bytes::from(SECRET))), "RequestBody(bytes)");
    assert_eq!(format!("{:?}", ResponseBody::from(SECRET)), "ResponseBody");
}

#[test]
fn bytes_that_were_read_are_the_end_of_a_body() {
    assert!(HttpBody::is_end_stream(&RequestBody::default()));
    assert!(HttpBody::is_end_stream(&ResponseBody::from("")));
    let whole = ResponseBody::new(ResponseBody::from(SECRET));
    assert!(!HttpBody::is_end_stream(&whole));
    assert_eq!(HttpBody::size_hint(&whole).exact(), Some(6));
}

#[test]
fn transports_are_printed_as_their_kind() {
    let mock = MockTransport::new(|_| Ok(http::Response::new(Bytes::new())));
    assert_eq!(format!("{mock:?}"), "MockTransport");
    let client = reqwest::Client::builder().build().unwrap();
    assert_eq!(format!("{:?}", ReqwestTransport::given(client)), "ReqwestTransport");
    #[cfg(feature = "tower")]
    assert_eq!(format!("{:?}", resilient_http::TowerTransport::new(SECRET)), "TowerTransport");
}

#[tokio::test]
async fn clients_and_requests_are_printed_with_names_and_without_values() {
    let builder = ApiClient::builder("http://localhost").name("pay").header("x-key", SECRET);
    let builder = builder.auth(Auth::bearer(ApiKey::secret(SECRET)));
    let builder = builder.timeout(Duration::from_secs(3));
    assert_prints(&builder, &["\"pay\"", "bearer", "x-key", "3s"]);

    let api = responding("[1]");
    let request = api.post::<()>("users/{id}").param("id", SECRET).header("x-key", SECRET);
    assert_prints(&request.json(SECRET), &["POST", "users/{id}", "Body(8 bytes)"]);
    let prepared = api.request(Method::PUT, "users/{id}").param("id", SECRET).prepare().unwrap();
    assert_prints(&prepared, &["PUT", "users/{id}"]);
    let data = serde_json::json!({"params": {"id": SECRET}, "headers": {"x-key": SECRET}});
    let data: ApiRequest = serde_json::from_value(data).unwrap();
    assert_prints(&data, &["\"id\"", "\"x-key\""]);

    let response: Response = api.get("users/{id}").param("id", SECRET).await.unwrap();
    assert_prints(&response, &["200", "x-echo", "body_bytes: 3", "attempts: 1", "users/{id}"]);
    let items = api.get::<Vec<u32>>("list").pages().items();
    assert_prints(&items, &["Items"]);
}

#[test]
fn the_next_page_is_printed_as_its_kind() {
    for (page, expected) in [
        (NextPage::address(SECRET), "NextPage(address)"),
        (NextPage::query([("after", SECRET)]), "NextPage(query)"),
        (NextPage::json(SECRET), "NextPage(json)"),
    ] {
        assert_eq!(format!("{page:?}"), expected);
    }
}

#[tokio::test]
async fn an_event_is_printed_with_the_length_of_its_data() {
    let pipe = Pipe::default();
    let api = ApiClient::builder("http://localhost").transport(pipe.clone()).build().unwrap();
    let body = pipe.respond(200, "text/event-stream");
    let mut events = api.get("events").events().await.unwrap();
    body.send("event: change\ndata: canary\n\n");
    let event = events.next_event().await.unwrap().unwrap();
    assert_prints(&event, &["\"change\"", "data_bytes: 6"]);
}
