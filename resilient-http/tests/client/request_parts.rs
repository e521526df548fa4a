//! The parts of a request: queries, bodies, and headers that are set several times.

use std::collections::BTreeMap;

use resilient_http::{
    ApiClient, ApiKey, ApiRequest, Auth, Body, BuildErrorKind, Bytes, HeaderMap, HeaderValue,
    Method,
};
use serde::Serialize;
use serde_json::json;

use crate::support::api::{Api, answer, json as respond};
use crate::support::settings::client;
use crate::support::within;

#[derive(Serialize)]
struct Search {
    text: &'static str,
    tag: Vec<&'static str>,
    page: Option<u32>,
}

const SEARCH: Search = Search { text: "b & c", tag: Vec::new(), page: None };

#[tokio::test]
async fn a_list_in_a_query_or_form_repeats_its_name() {
    let server = Api::serve(|_, _| respond("1")).await;
    let api = client(&server.url).build().unwrap();
    let search = || Search { tag: vec!["x", "y"], page: Some(2), ..SEARCH };
    for (call, expected) in [
        (api.get::<u32>("s").query(search()), "/s?text=b+%26+c&tag=x&tag=y&page=2"),
        (api.get("s").query([("tag", ["a", "b"])]).query([("z", 1)]), "/s?tag=a&tag=b&z=1"),
        (api.get("s").query([("z", "1"), ("a", "2")]), "/s?z=1&a=2"),
        (api.get("s").query(()), "/s"),
    ] {
        within("the call", call).await.unwrap();
        assert_eq!(server.seen().last().unwrap().target, expected);
    }
    within("the form", api.post::<u32>("s").form(&search())).await.unwrap();
    assert_eq!(server.seen().last().unwrap().text(), "text=b+%26+c&tag=x&tag=y&page=2");
}

#[test]
fn a_number_that_is_not_finite_is_refused_and_the_error_names_its_field() {
    let api = client("http://localhost").build().unwrap();
    let prices = BTreeMap::from([("items", [1.5, f64::NAN])]);
    for (call, kind, expected) in [
        (
            api.post::<()>("x").json(&prices),
            BuildErrorKind::Body,
            "field `items[1]` of the body is NaN or infinite",
        ),
        (
            api.post("x").form(&prices),
            BuildErrorKind::Body,
            "field `items[1]` of the form is NaN or infinite",
        ),
        (
            api.get("x").query([("x", f32::INFINITY)]),
            BuildErrorKind::Query,
            "field `[0][1]` of the query is NaN or infinite",
        ),
        (api.post("x").json(&f64::NAN), BuildErrorKind::Body, "body is NaN or infinite"),
    ] {
        let error = call.prepare().unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, expected));
    }
    // The word in a text, and values that are missing, are harmless.
    let harmless = json!({"text": "null", "nothing": null, "some": [1.5]});
    assert!(api.post::<()>("x").json(&harmless).prepare().is_ok());
}

#[tokio::test]
async fn a_key_in_the_query_replaces_every_pair_of_its_name() {
    let server = Api::serve(|n, _| match n {
        1 => answer(307, &[("location", "/y?api_key=old&b=%7E&api_key=older")], ""),
        _ => respond("1"),
    })
    .await;
    let auth = Auth::query("api_key", ApiKey::secret("s 1"));
    let api = client(&server.url).auth(auth).build().unwrap();
    let call = api.get::<u32>("x").query([("a", "~"), ("api_key", "of the call")]);
    within("the call", call).await.unwrap();
    within("the redirect", api.get::<u32>("x")).await.unwrap();
    let targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/x?a=%7E&api_key=s+1", "/x?api_key=s+1", "/y?b=%7E&api_key=s+1"]);
}

#[tokio::test]
async fn an_empty_post_states_its_length_and_a_get_does_not() {
    let server = Api::serve(|_, seen| match seen.target.as_str() {
        "/302" => answer(302, &[("location", "/x")], ""),
        "/307" => answer(307, &[("location", "/x")], ""),
        _ => respond("1"),
    })
    .await;
    let api = client(&server.url).build().unwrap();
    let mut lengths = Vec::new();
    for (method, path) in [
        (Method::POST, "x"),
        (Method::PUT, "x"),
        (Method::PATCH, "x"),
        (Method::GET, "x"),
        (Method::DELETE, "x"),
        (Method::POST, "302"),
        (Method::POST, "307"),
    ] {
        within("the call", api.request(method, path).body("")).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.header("transfer-encoding"), None);
        lengths.push(seen.header("content-length").map(str::to_owned));
    }
    let zero = Some("0".to_owned());
    let expected = [zero.clone(), zero.clone(), zero.clone(), None, None, None, zero];
    assert_eq!(lengths, expected);
    let stream = Body::factory(http_body_util::Empty::<Bytes>::new);
    within("a stream", api.post::<u32>("x").body(stream)).await.unwrap();
}

#[tokio::test]
async fn of_a_header_that_is_set_several_times_the_last_value_is_sent() {
    let server = Api::serve(|_, _| respond("1")).await;
    let api = client(&server.url).header("x-a", "1").header("X-A", "2").build().unwrap();
    let _: u32 = within("the client's", api.get("x")).await.unwrap();
    let call = api.get::<u32>("x").header("x-a", "3").header("X-a", "4");
    within("the request's", call).await.unwrap();
    for (seen, expected) in server.seen().iter().zip(["2", "4"]) {
        let values: Vec<_> = seen.headers.get_all("x-a").iter().collect();
        assert_eq!(values, [expected]);
    }
}

#[test]
fn headers_that_contradict_each_other_are_refused() {
    let data = r#"{"headers": {"X-A": "1", "x-a": "2"}}"#;
    let data: ApiRequest = serde_json::from_str(data).unwrap();
    let api = client("http://localhost").build().unwrap();
    let error = api.call::<()>(&data).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "header `x-a` is set twice, in two spellings");
    let mut twice = HeaderMap::new();
    twice.append("authorization", HeaderValue::from_static("a"));
    twice.append("authorization", HeaderValue::from_static("b"));
    let error = api.get::<()>("x").headers(twice.clone()).prepare().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Header);
    let bearer = || Auth::bearer(ApiKey::secret("k"));
    for builder in [
        client("http://localhost").default_headers(twice),
        client("http://localhost").auth(bearer()).header("Authorization", "k"),
        client("http://localhost").auth(bearer()).idempotency_header("authorization"),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), BuildErrorKind::Header);
    }
    // A request may use the key of another caller.
    let api: ApiClient = client("http://localhost").auth(bearer()).build().unwrap();
    assert!(api.get::<()>("x").header("authorization", "mine").prepare().is_ok());
}

#[tokio::test]
async fn a_value_that_refuses_to_be_written_is_an_error_before_anything_is_sent() {
    struct Refusing;
    impl serde::Serialize for Refusing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("canary"))
        }
    }
    let api = client("http://localhost").build().unwrap();
    let error = api.post::<()>("x").json(&Refusing).await.unwrap_err();
    assert_eq!(error.to_string(), "not sent: body cannot be written as JSON");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}
