//! The tests for defects EP14 to EP26 of the Python system. Each test fails if this crate has the
//! defect. `README.md` lists the defects that cannot occur.

use std::time::Duration;

use resilient_http::{
    ApiClient, ApiError, ApiKey, AuthKind, BuildErrorKind, CacheConfig, CallOptions, Endpoint,
    EndpointBuilder, EndpointConfig, EndpointConfigs, ErrorKind, MockTransport, Preset,
    RetryPolicy,
};
use serde_json::json as value;

use crate::declared::{Any, declared, endpoint, sent, unique};
use crate::support::api::{Api, answer, json, status};
use crate::support::raw::{Raw, Step, refusing};
use crate::support::settings::{quick, quickly};
use crate::support::within;

#[tokio::test]
async fn defect_ep14_an_endpoint_changes_no_configuration_that_it_was_made_of() {
    let server = Api::serve(|_, _| json("1")).await;
    let module_level = declared(&server.url).build().unwrap();
    let other = module_level.to_builder().extra_body(value!({"temperature": 0})).build().unwrap();
    let changed = Any::new(other).unwrap();
    let options = CallOptions::new().field("seed", 1);
    let call = changed.call_with(&value!({}), &options);
    within("the call", call).await.unwrap();
    let same = Any::new(module_level).unwrap();
    within("the call", same.call(&value!({}))).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].text(), r#"{"seed":1,"temperature":0}"#);
    assert_eq!(seen[1].text(), "{}");
}

#[tokio::test]
async fn defect_ep15_no_parameter_leads_out_of_the_path() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&format!("{}/v1", server.url)).path("users/{id}/posts"));
    let options = CallOptions::new().param("id", "my/admin?x=1#f");
    let call = any.call_with(&value!({}), &options);
    within("the call", call).await.unwrap();
    assert_eq!(server.only().target, "/v1/users/my%2Fadmin%3Fx%3D1%23f/posts");
    for value in ["", "..", ".", "../admin?x=1#f"] {
        let options = CallOptions::new().param("id", value);
        assert!(any.prepare_with(&value!({}), &options).is_err());
    }
    // A call without a value for a parameter of the path is an error.
    let error = any.prepare(&value!({})).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Parameter);
    assert!(error.to_string().contains("`id`"));
    // An endpoint without a base URL is an error. In the Python system, its base URL was the
    // text `None`.
    let error = Any::new(
        EndpointConfig::builder(unique(), "test").path("x").auth(AuthKind::None).build().unwrap(),
    )
    .unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::BaseUrl);
}

#[test]
fn defect_ep16_a_misspelt_key_is_refused_where_it_stands() {
    let document = "[endpoint.x]\nprovider = \"p\"\npath = \"a\"\ntimout = \"5s\"\n";
    let error = EndpointConfigs::from_toml(document).unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(4), Some(1)));
    assert!(error.to_string().contains("`timout`"), "{error}");
}

#[test]
fn defect_ep17_the_name_of_a_variable_is_never_sent_as_the_key() {
    let of = |key: ApiKey| {
        let config =
            declared("http://localhost").auth(AuthKind::Bearer).api_key(key).build().unwrap();
        Any::new(config)
    };
    let error = of(ApiKey::env("RESILIENT_TEST_UNSET")).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Credentials);
    assert!(error.to_string().contains("RESILIENT_TEST_UNSET"));
    let error = of(ApiKey::file("no/such/file")).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Credentials);
    // Text without a prefix, such as `env:`, is rejected: it is neither a key nor the name of a
    // variable.
    let bare = declared("http://localhost").auth(AuthKind::Bearer).api_key_from("PATH");
    assert!(bare.build().is_err());
    let literal = bare_literal();
    assert_eq!(literal.warnings().len(), 1);
}

fn bare_literal() -> EndpointConfig {
    declared("http://localhost")
        .auth(AuthKind::Bearer)
        .api_key_from("literal:canary")
        .build()
        .unwrap()
}

#[tokio::test]
async fn defect_ep18_the_key_is_in_nothing_that_is_printed() {
    let server = Api::serve(|_, _| status(401)).await;
    let builder = declared(&server.url)
        .auth(AuthKind::XApiKey)
        .api_key(ApiKey::secret("canary-1"))
        .header("x-auth-extra", "canary-2")
        .cache(CacheConfig::new());
    let config = builder.build().unwrap();
    let any = Any::new(config.clone()).unwrap();
    let options = CallOptions::new().header("authorization", "canary-3");
    let prepared = any.prepare_with(&value!({"secret": "canary-4"}), &options);
    let call = any.call_with(&value!({"secret": "canary-4"}), &options);
    let error = within("the call", call).await.unwrap_err();
    let shown = format!(
        "{builder:?} {config:?} {any:?} {options:?} {prepared:?} {error} {error:?} {:?} {:?} {:?}",
        any.client(),
        any.cache(),
        bare_literal(),
    );
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(server.only().header("x-api-key"), Some("canary-1"));
}

#[tokio::test]
async fn defect_ep19_what_is_changed_is_checked_and_read_again() {
    let server = Api::serve(|_, _| json("1")).await;
    let path =
        std::env::temp_dir().join(format!("resilient-http-{}-{}", std::process::id(), unique()));
    std::fs::write(&path, "k1\n").unwrap();
    let config =
        declared(&server.url).auth(AuthKind::XApiKey).api_key(ApiKey::file(&path)).build().unwrap();
    let first = Any::new(config.clone()).unwrap();
    std::fs::write(&path, "k2\n").unwrap();
    let second = Any::new(config.to_builder().build().unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    for any in [first, second] {
        within("the call", any.call(&value!({}))).await.unwrap();
    }
    let keys: Vec<_> =
        server.seen().iter().map(|seen| seen.header("x-api-key").unwrap().to_owned()).collect();
    assert_eq!(keys, ["k1", "k2"]);
    assert!(config.to_builder().timeout(Duration::ZERO).build().is_err());
}

#[tokio::test]
async fn defect_ep20_an_endpoint_may_have_no_key() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&server.url).auth(AuthKind::None));
    within("the call", any.call(&value!({}))).await.unwrap();
    assert_eq!(server.only().header("authorization"), None);
}

#[tokio::test]
async fn defect_ep21_there_is_one_header_of_a_name_whatever_its_case() {
    let server = Api::serve(|_, _| json("1")).await;
    let config = declared(&server.url)
        .auth(AuthKind::Bearer)
        .api_key(ApiKey::secret("k"))
        .header("X-Team", "a")
        .header("x-team", "b");
    assert!(config.clone().header("AUTHORIZATION", "x").build().is_err());
    let options = CallOptions::new().header("Authorization", "Bearer other").header("X-TEAM", "c");
    let any = endpoint(&config);
    within("the call", any.call(&value!({}))).await.unwrap();
    let call = any.call_with(&value!({}), &options);
    within("the call", call).await.unwrap();
    for (seen, key, team) in
        [(&server.seen()[0], "Bearer k", "b"), (&server.seen()[1], "Bearer other", "c")]
    {
        let all = |name: &str| {
            let values = seen.headers.get_all(name).iter();
            values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(all("authorization"), [key]);
        assert_eq!(all("x-team"), [team]);
    }
}

#[test]
fn defect_ep22_every_preset_can_be_built() {
    for preset in [Preset::OPENAI, Preset::ANTHROPIC] {
        let config = EndpointConfig::builder(unique(), preset.name())
            .preset(preset)
            .api_key(ApiKey::secret("k"));
        assert!(config.build().is_ok(), "{preset:?}");
    }
    // The tests in `presets` cover the data that the presets send.
}

#[tokio::test]
async fn defect_ep23_every_path_of_a_provider_is_reached() {
    let server = Api::serve(|_, _| json("1")).await;
    for path in ["chat/completions", "responses", "embeddings"] {
        let config = EndpointConfig::builder(unique(), "test")
            .preset(Preset::OPENAI)
            .base_url(format!("{}/v1", server.url))
            .path(path)
            .api_key(ApiKey::secret("k"));
        within("the call", endpoint(&config).call(&value!({}))).await.unwrap();
        assert_eq!(server.seen().pop().unwrap().target, format!("/v1/{path}"));
    }
}

#[tokio::test]
async fn defect_ep24_headers_are_headers_and_fields_are_fields() {
    let server = Api::serve(|_, _| json("1")).await;
    let config = declared(&server.url).header("x-a", "1").extra_body(value!({"model": "m"}));
    let options = CallOptions::new().header("x-b", "2").field("stream", false);
    let any = endpoint(&config);
    let call = any.call_with(&value!({}), &options);
    within("the call", call).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.text(), r#"{"model":"m","stream":false}"#);
    assert_eq!((seen.header("x-a"), seen.header("x-b")), (Some("1"), Some("2")));
    assert_eq!(seen.header("model"), None);
}

#[tokio::test]
async fn defect_ep25_endpoints_of_one_name_share_their_circuit_breaker() {
    let server = Api::statuses(&[500]).await;
    let config = declared(&server.url).build().unwrap();
    let (one, two) = (Any::new(config.clone()).unwrap(), Any::new(config).unwrap());
    one.circuit_breaker().trip().unwrap();
    let error = within("the call", two.call(&value!({}))).await.unwrap_err();
    assert!(error.is_circuit_open());
    // An endpoint with another name has another circuit breaker, even if it calls the same server.
    let other = endpoint(&declared(&server.url));
    assert_eq!(sent(&server, &other).await, 3);
}

#[tokio::test]
async fn defect_ep26_every_failure_is_one_type_of_error() {
    async fn kind(config: &resilient_http::EndpointConfigBuilder) -> ErrorKind {
        let any = endpoint(&config.clone().retry(quickly(0)));
        let error: ApiError = within("the call", any.call(&value!({}))).await.unwrap_err();
        error.kind()
    }
    let answers = |code: u16| async move { Api::serve(move |_, _| answer(code, &[], "{")).await };
    for (code, expected) in [
        (200, ErrorKind::Decode),
        (400, ErrorKind::Status),
        (401, ErrorKind::Authentication),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (408, ErrorKind::Timeout),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
    ] {
        let server = answers(code).await;
        assert_eq!(kind(&declared(&server.url)).await, expected, "{code}");
    }
    assert_eq!(kind(&declared(&refusing())).await, ErrorKind::Connection);
    let reset = Raw::always(vec![Step::Reset]).await;
    assert_eq!(kind(&declared(&reset.url)).await, ErrorKind::Connection);
    let stall = Raw::always(vec![Step::Stall]).await;
    let config = declared(&stall.url).timeout(Duration::from_millis(20));
    assert_eq!(kind(&config).await, ErrorKind::Timeout);
    let any = endpoint(&declared("http://localhost"));
    any.circuit_breaker().trip().unwrap();
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    any.close();
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    let client = ApiClient::builder("http://localhost").retry(quick()).build().unwrap();
    let policy = RetryPolicy::builder().max_retries(0).build().unwrap();
    let any: Any = Endpoint::builder(declared("http://localhost").build().unwrap())
        .connections_of(&client)
        .retry(policy)
        .build()
        .unwrap();
    client.close();
    let error = within("the call", any.call(&value!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[test]
fn settings_that_cannot_change_the_connections_of_another_client_are_refused() {
    type Change = fn(EndpointBuilder<(), ()>) -> EndpointBuilder<(), ()>;
    let client = ApiClient::builder("http://localhost").build().unwrap();
    let error = |set: &[Change], shares: bool| {
        let config = declared("http://localhost").build().unwrap();
        let mut builder = Endpoint::<(), ()>::builder(config);
        for change in set {
            builder = change(builder);
        }
        if shares {
            builder = builder.connections_of(&client);
        }
        builder.build().map(drop).map_err(|error| error.to_string())
    };
    let transport: Change =
        |it| it.transport(MockTransport::new(|_| Ok(http::Response::new("1".into()))));
    let configure: Change = |it| it.configure(|reqwest| reqwest);
    for (set, subject) in [
        (&[transport][..], "`transport`"),
        (&[configure], "`configure`"),
        (&[configure, transport], "`transport`"),
    ] {
        let refused = error(set, true).unwrap_err();
        assert!(refused.starts_with(subject), "{refused}");
        error(set, false).unwrap();
    }
    error(&[], true).unwrap();
}
