//! The configuration of an endpoint has the documented defaults, and rejects invalid settings.

use std::time::Duration;

use resilient_http::{
    ApiKey, AuthKind, BreakerConfig, BudgetConfig, BuildErrorKind, Endpoint, EndpointConfig,
    EndpointConfigBuilder, Preset, RetryBudget, RetryPolicy, default_circuit_breaker,
};
use serde_json::{Value, json};

use crate::declared::{Any, declared, endpoint, unique};
use crate::support::api::{Api, json as answers};
use crate::support::within;

fn plain() -> EndpointConfigBuilder {
    EndpointConfig::builder("chat", "test")
        .base_url("http://localhost/v1")
        .path("chat")
        .auth(AuthKind::None)
}

#[test]
fn the_defaults_are_those_of_the_table() {
    let config = plain().build().unwrap();
    assert_eq!(config.full_name(), "test.chat");
    assert_eq!(config.method().as_str(), "POST");
    assert_eq!(config.timeout(), Some(Duration::from_secs(300)));
    assert_eq!(config.deadline(), Some(Duration::from_secs(600)));
    assert_eq!(*config.circuit_breaker(), default_circuit_breaker());
    assert_eq!(format!("{:?}", config.retry()), format!("{:?}", RetryPolicy::DEFAULT));
    assert!(config.warnings().is_empty());
    let config = plain().timeout(None).build().unwrap();
    assert_eq!((config.timeout(), config.deadline()), (None, None));
}

#[test]
fn each_invalid_setting_is_refused_by_its_name() {
    let too_long = "x".repeat(64);
    for (config, named) in vec![
        (EndpointConfig::builder("", "test").path("x"), "`name`"),
        (EndpointConfig::builder("a\nb", "test").path("x"), "`name`"),
        (EndpointConfig::builder(too_long, "test").path("x"), "`name`"),
        (EndpointConfig::builder("chat", "").path("x"), "`provider`"),
        (EndpointConfig::builder("chat", "test"), "`path`"),
        (plain().base_url("localhost"), "base URL"),
        (plain().base_url("http://h/?key=1"), "base URL"),
        (plain().path("a/{b"), "path template"),
        (plain().path("https://evil.example/x"), "path template"),
        (plain().path("../x"), "path template"),
        (plain().param("id", 1), "`id`"),
        (plain().path("{id}").param("id", ".."), "`id`"),
        (plain().method("G ET"), "`method`"),
        (plain().content_type("text/plain"), "`content_type`"),
        (plain().content_type("application/json\r\nx: y"), "`content_type`"),
        (plain().method("GET").content_type("application/json"), "`content_type`"),
        (plain().auth(AuthKind::Bearer), "`api_key`"),
        (plain().api_key(ApiKey::secret("k")), "`api_key`"),
        (plain().api_key_from("sk-123"), "key"),
        (plain().auth(AuthKind::Header("x y".to_owned())).api_key(ApiKey::secret("k")), "x y"),
        (plain().header("x", "a\nb"), "header `x`"),
        (plain().header("Content-Type", "a/b"), "header `content-type`"),
        (plain().timeout(Duration::ZERO), "`timeout`"),
        (plain().deadline(Duration::ZERO), "`deadline`"),
        (plain().deadline(Duration::from_secs(1)), "`deadline`"),
        (plain().retry(RetryPolicy::DEFAULT).max_retries(1), "`max_retries`"),
        (plain().retry_statuses([99]), "`retry_statuses`"),
        (plain().extra_body(1), "`extra_body`"),
    ] {
        let error = config.build().unwrap_err();
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
}

#[test]
fn a_missing_base_url_is_a_build_error() {
    let no_base = EndpointConfig::builder(unique(), "test").path("x").auth(AuthKind::None);
    let error = Any::new(no_base.build().unwrap()).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::BaseUrl);
}

#[test]
fn a_key_goes_over_plain_http_to_this_machine_only() {
    let config = plain()
        .base_url("http://api.example.com")
        .auth(AuthKind::XApiKey)
        .api_key(ApiKey::secret("k"));
    let error = Any::new(config.build().unwrap()).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Credentials);
    let allowed = config.clone().allow_plain_http().build().unwrap();
    assert!(Any::new(allowed).is_ok());
    let local = config.base_url("http://127.0.0.1:1").build().unwrap();
    assert!(Any::new(local).is_ok());
}

#[tokio::test]
async fn each_kind_of_auth_shows_the_key_in_its_header() {
    let server = Api::serve(|_, _| answers("1")).await;
    for (kind, header, shown) in [
        (AuthKind::Bearer, "authorization", "Bearer k1"),
        (AuthKind::XApiKey, "x-api-key", "k1"),
        (AuthKind::Header("api-token".to_owned()), "api-token", "k1"),
    ] {
        let any = endpoint(&declared(&server.url).auth(kind).api_key(ApiKey::secret("k1")));
        within("the call", any.call(&json!({}))).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.header(header), Some(shown));
    }
}

#[tokio::test]
async fn the_configured_content_type_is_the_one_that_is_sent() {
    let server = Api::serve(|_, _| answers("1")).await;
    let call = async |config: EndpointConfigBuilder, request: Value| {
        within("the call", endpoint(&config).call(&request)).await.unwrap();
        let seen = server.seen().pop().unwrap();
        let content_type = seen.header("content-type").map(str::to_owned);
        (seen.target.clone(), content_type, seen.text().to_owned())
    };
    let fields = || json!({"a": "x y", "b": [1, null, true], "c": null, "d": 0.5});
    let form = declared(&server.url).content_type("application/x-www-form-urlencoded");
    assert_eq!(
        call(form, fields()).await,
        (
            "/chat".to_owned(),
            Some("application/x-www-form-urlencoded".to_owned()),
            "a=x+y&b=1&b=true&d=0.5".to_owned()
        )
    );
    let own = declared(&server.url).content_type("application/vnd.api+json; charset=utf-8");
    let (_, content_type, text) = call(own, json!({"a": 1})).await;
    assert_eq!(content_type.as_deref(), Some("application/vnd.api+json; charset=utf-8"));
    assert_eq!(text, r#"{"a":1}"#);
    for method in ["get", "DELETE"] {
        let get = declared(&server.url).method(method);
        let (target, content_type, text) = call(get, fields()).await;
        assert_eq!(target, "/chat?a=x+y&b=1&b=true&d=0.5");
        assert_eq!((content_type, text), (None, String::new()));
    }
    // If the request is empty, the call sends no body.
    let (target, content_type, text) = call(declared(&server.url), Value::Null).await;
    assert_eq!((target.as_str(), content_type, text.as_str()), ("/chat", None, ""));
    // The endpoint rejects requests that cannot be written as pairs of names and values.
    for request in [json!({"a": {"b": 1}}), json!([1]), json!("x")] {
        let get = endpoint(&declared(&server.url).method("GET"));
        assert!(get.prepare(&request).is_err(), "{request}");
    }
}

#[test]
fn a_setting_overrides_a_preset_whether_it_is_set_before_or_after() {
    let after = EndpointConfig::builder("chat", "groq")
        .preset(Preset::OPENAI)
        .base_url("https://api.groq.com/openai/v1")
        .auth(AuthKind::None);
    let before = EndpointConfig::builder("chat", "groq")
        .base_url("https://api.groq.com/openai/v1")
        .auth(AuthKind::None)
        .preset(Preset::OPENAI);
    for config in [after, before] {
        let config = config.build().unwrap();
        assert_eq!(config.base_url(), Some("https://api.groq.com/openai/v1"));
        assert_eq!(config.path().as_str(), "chat/completions");
        assert_eq!(config.full_name(), "groq.chat");
    }
}

#[test]
fn the_builder_of_an_endpoint_overrides_its_configuration() {
    let breaker = resilient_http::CircuitBreaker::new("given", BreakerConfig::default());
    let any: Any = Endpoint::builder(declared("http://localhost").build().unwrap())
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    breaker.trip().unwrap();
    assert_eq!(any.circuit_breaker().state(), resilient::breaker::CircuitState::Open);
}

#[tokio::test]
async fn endpoints_share_a_budget_that_their_builders_get() {
    let server = Api::serve(|_, _| crate::support::api::status(500)).await;
    let settings = BudgetConfig::builder().capacity(10).retry_cost(5).initial_tokens(5);
    let settings = settings.build().unwrap();
    let shared = RetryBudget::new("shared", settings);
    let built = |config: &EndpointConfigBuilder| -> Any {
        let builder = Endpoint::builder(config.build().unwrap()).budget(shared.clone());
        assert!(format!("{builder:?}").contains("EndpointBuilder"));
        builder.build().unwrap()
    };
    let (one, other) = (built(&declared(&server.url)), built(&declared(&server.url)));
    // The tokens pay for one retry of all endpoints together.
    within("the call", one.call(&json!({}))).await.unwrap_err();
    assert_eq!(server.count(), 2);
    within("the call", other.call(&json!({}))).await.unwrap_err();
    assert_eq!(server.count(), 3);
    // A budget in the configuration is one for each endpoint.
    let own = endpoint(&declared(&server.url).budget(settings));
    within("the call", own.call(&json!({}))).await.unwrap_err();
    assert_eq!(server.count(), 5);
}

#[tokio::test]
async fn an_error_code_for_which_a_retry_does_not_help_is_sent_once() {
    let error = r#"{"error": {"code": "quota"}}"#;
    let server = Api::serve(move |_, _| crate::support::api::answer(429, &[], error)).await;
    let config = declared(&server.url).permanent_codes(["quota"]);
    within("the call", endpoint(&config).call(&json!({}))).await.unwrap_err();
    assert_eq!(server.count(), 1);
}
