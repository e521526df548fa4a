//! The library reads endpoints from TOML documents. Errors contain the positions of mistakes.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use resilient_http::{
    BuildErrorKind, Endpoint, EndpointConfigs, Jitter, MockTransport, RetryPolicy,
};
use serde_json::json;

use crate::declared::Any;
use crate::support::api::{Api, json as answers};
use crate::support::within;

const DOCUMENT: &str = r#"
[defaults]
timeout = "30s"
max_retries = 2
headers = { x-team = "search", x-kind = "any" }
circuit_breaker = { failure_threshold = 9 }

[defaults.retry]
base_delay = "200ms"
jitter = "20%"

[endpoint.files_chat]
provider = "files"
base_url = "http://127.0.0.1:1/v1"
path = "models/{model}/chat"
params = { model = "m1" }
auth = "none"
headers = { X-Kind = "chat" }
deadline = "2m"
idempotency = "yes"
extra_body = { temperature = 0.5, stop = ["a", "b"] }

[endpoint.files_search]
provider = "files"
base_url = "http://127.0.0.1:1/v1"
path = "search"
method = "GET"
auth = "header:api-token"
api_key = "literal:k1"
timeout = "none"
max_retries = 0
retry = { max_delay = "5s" }
cache = { ttl = "1m", stale_if_open = "1h", max_bytes = 1000 }

[endpoint.files_model]
preset = "anthropic"
api_key = "env:RESILIENT_TEST_KEY_THAT_IS_NOT_SET"
"#;

#[test]
fn a_document_declares_endpoints_over_its_defaults() {
    let endpoints = EndpointConfigs::from_toml(DOCUMENT).unwrap();
    assert_eq!(endpoints.len(), 3);
    let chat = endpoints.get("files_chat").unwrap();
    assert_eq!(chat.full_name(), "files.files_chat");
    assert_eq!(chat.timeout(), Some(Duration::from_secs(30)));
    assert_eq!(chat.deadline(), Some(Duration::from_secs(120)));
    let policy = RetryPolicy::builder()
        .max_retries(2)
        .base_delay(Duration::from_millis(200))
        .jitter(Jitter::Proportional(0.2))
        .build()
        .unwrap();
    assert_eq!(format!("{:?}", chat.retry()), format!("{policy:?}"));
    let search = endpoints.get("files_search").unwrap();
    assert_eq!((search.timeout(), search.deadline()), (None, None));
    // The endpoint's table `retry` replaces the whole table `retry` of the defaults.
    let policy =
        RetryPolicy::builder().max_retries(0).max_delay(Duration::from_secs(5)).build().unwrap();
    assert_eq!(format!("{:?}", search.retry()), format!("{policy:?}"));
    assert_eq!(
        chat.circuit_breaker(),
        &resilient_http::BreakerConfig::builder().failure_threshold(9).build().unwrap()
    );
    // Only an API key that is written in the document causes a warning. The warning contains the
    // name of the endpoint and not the key.
    let warned: Vec<_> =
        endpoints.iter().flat_map(resilient_http::EndpointConfig::warnings).collect();
    assert_eq!(warned.len(), 1);
    assert!(warned[0].contains("files.files_search") && !warned[0].contains("k1"));
    // The document overrides the preset. If the key is not set, building the endpoint is an error.
    let model = endpoints.get("files_model").unwrap();
    assert_eq!(model.provider(), "anthropic");
    assert_eq!(model.timeout(), Some(Duration::from_secs(30)));
    let error = Any::new(model.clone()).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::Credentials);
    assert!(error.to_string().contains("RESILIENT_TEST_KEY_THAT_IS_NOT_SET"));
}

#[tokio::test]
async fn an_endpoint_from_a_document_is_called() {
    let server = Api::serve(|_, _| answers("1")).await;
    let document = DOCUMENT.replace("http://127.0.0.1:1", &server.url);
    let endpoints = EndpointConfigs::from_toml(&document).unwrap();
    let chat = Any::new(endpoints.get("files_chat").unwrap().clone()).unwrap();
    within("the call", chat.call(&json!({"q": 1}))).await.unwrap();
    let search = Any::new(endpoints.get("files_search").unwrap().clone()).unwrap();
    within("the call", search.call(&json!({"q": "a b"}))).await.unwrap();
    within("the call", search.call(&json!({"q": "a b"}))).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].target, "/v1/models/m1/chat");
    assert_eq!(seen[0].text(), r#"{"q":1,"stop":["a","b"],"temperature":0.5}"#);
    assert_eq!(
        (seen[0].header("x-team"), seen[0].header("x-kind")),
        (Some("search"), Some("chat"))
    );
    assert_eq!(seen[1].target, "/v1/search?q=a+b");
    assert_eq!(seen[1].header("api-token"), Some("k1"));
}

#[test]
fn a_byte_order_mark_before_a_document_is_skipped() {
    let endpoints = EndpointConfigs::from_toml(&format!("\u{feff}{DOCUMENT}")).unwrap();
    assert_eq!(endpoints.len(), 3);
    let error = EndpointConfigs::from_toml("\u{feff}[defaults]\ntimout = 1").unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
}

#[test]
fn each_mistake_in_a_document_is_reported_with_its_position() {
    let head = "[defaults]\nmax_retries = 1\n[endpoint.x]\nprovider = \"p\"\n\
                base_url = \"http://h\"\nauth = \"none\"\n";
    for (rest, line, column, words) in [
        ("timout = \"5s\"", 7, 1, "unknown field `timout`"),
        ("path = \"a/{b\"", 7, 1, "`{` without its `}`"),
        ("path = \"a\"\ntimeout = \"abc\"", 8, 11, "must be a duration like `250ms`"),
        (
            "path = \"a\"\ntimeout = 5",
            8,
            11,
            "must be a duration like `250ms`, `30s` or `1m 30s`, or `none`, in quotes",
        ),
        (
            "path = \"a\"\ncircuit_breaker = { recovery_time = 5 }",
            8,
            37,
            "expected a duration in quotes, like \"250ms\" or \"30s\"",
        ),
        ("path = \"a\"\ntimeout = \"0s\"", 8, 1, "must be longer than zero"),
        ("path = \"a\"\nretry = { max_retries = 3 }", 8, 11, "unknown field `max_retries`"),
        ("path = \"a\"\nbudget = { capacity = 0 }", 8, 1, "`capacity`"),
        ("path = \"a\"\nretry = { backoff_factor = 0.5 }", 8, 1, "`backoff_factor`"),
        ("path = \"a\"\ncircuit_breaker = { failure_threshold = 0 }", 8, 1, "`failure_threshold`"),
        ("path = \"a\"\nextra_body = { at = 2020-01-01 }", 8, 21, "no dates"),
        ("path = \"a\"\nextra_body = { x = { y = [nan] } }", 8, 27, "neither `nan` nor `inf`"),
        ("path = \"a\"\nextra_body = { x = -inf }", 8, 20, "neither `nan` nor `inf`"),
        ("path = \"a\"\nheaders = { X-A = \"1\", x-a = \"2\" }", 8, 11, "set twice"),
        ("path = \"a\"\nheaders = { Idempotency-Key = \"1\" }", 8, 1, "same key for all calls"),
        ("path = \"a\"\nidempotency = \"maybe\"", 8, 15, "`by_method`"),
        ("path = \"a\"\npreset = \"oai\"", 8, 10, "`openai` or `anthropic`"),
        ("path = \"a\"\ncache = { tll = \"5s\" }", 8, 11, "unknown field `tll`"),
        ("path = \"a\"\nretry_statuses = [99]", 8, 1, "100 to 999"),
        ("path = \"a\"\nretry_statuses = [500, -1]", 8, 1, "100 to 999"),
        ("path = \"a\"\nretry_statuses = [\"1-500\"]", 8, 1, "100 to 999"),
        ("path = \"a\"\nretry_statuses = [\"599-500\"]", 8, 19, "a range of statuses"),
        ("path = \"a\"\nretry_statuses = [\"5xx\"]", 8, 19, "such as `502-599`"),
        ("path = \"a\"\nretry_statuses = [true]", 8, 19, "a range of statuses"),
        ("path = ", 7, 8, ""),
        ("method = \"POST\"", 3, 11, "`path` is missing"),
    ] {
        let error = EndpointConfigs::from_toml(&format!("{head}{rest}\n")).unwrap_err();
        let place = (error.line(), error.column());
        assert_eq!(place, (Some(line), Some(column)), "{rest}: {error}");
        assert!(error.to_string().contains(words), "{rest}: {error}");
    }
    let error = EndpointConfigs::from_toml("[endpoint.x]\npath = \"a\"").unwrap_err();
    assert!(error.to_string().contains("`provider` is missing"), "{error}");
    // If a value in the defaults is invalid, the error contains its position in the defaults.
    let error = EndpointConfigs::from_toml(
        &head.replace("max_retries = 1", "timeout = \"0s\"").replace("auth", "path = \"a\"\nauth"),
    )
    .unwrap_err();
    assert_eq!((error.line(), error.endpoint()), (Some(2), Some("x")));
}

#[test]
fn no_error_of_a_document_quotes_the_document() {
    for document in [
        "[endpoint.x]\napi_key = \"canary-1\"",
        "[endpoint.x]\napi_key = 7 # canary-1",
        "[endpoint.x]\napi_key = \"literal:canary-1\" \"",
        "[endpoint.x]\napi_key = \"literal:canary-1\"\ntimeout = \"canary-1\"",
        "[endpoint.x]\nauth = \"canary-1\"",
        "[endpoint.x]\nretry = \"canary-1\"",
        "[endpoint.x]\nmax_retries = \"canary-1\"",
        "[endpoint.x]\nmax_retries = 's\", expected canary-1'",
        "[endpoint.x]\nmax_retries = \"a\\\" canary-1, expected `\\\", expected canary-1\"",
        "[endpoint.x]\nmax_retries = \"a\\\" canary-1 \\\"b\"",
        "[endpoint.x]\nprovider = 8128128",
        "[endpoint.x]\nretry_statuses = [\"canary-1\"]",
        "[endpoint.x]\nretry_statuses = [8128128.5]",
        "[endpoint.x]\nprovider = 8128128.5",
        "[endpoint.x]\nheaders = \"canary-1\"",
        "[endpoint.x]\npreset = \"canary-1\"",
        "[endpoint.x]\non_rate_limit = \"canary-1\"",
        "[endpoint.x]\ncircuit_breaker = { recovery_time = \"canary-1\" }",
        "[endpoint.x]\ncircuit_breaker = { failure_rate = \"canary-1\" }",
        "[endpoint.x]\ncircuit_breaker = { abandoned = \"canary-1\" }",
        "[endpoint.x]\nheaders = { authorization = \"canary-1\" }\npath = \"a\"\n\
         provider = \"p\"\napi_key = \"literal:canary-1\"",
        "[endpoint.x]\nprovider = \"p\"\npath = \"a?key=canary-1\"",
        "[endpoint.x]\nprovider = \"p\"\npath = \"a\"\nbase_url = \"http://u:canary-1@h/#x\"",
    ] {
        let error = EndpointConfigs::from_toml(document).unwrap_err();
        let mut shown = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(inner) = source {
            shown = format!("{shown} {inner} {inner:?}");
            source = inner.source();
        }
        assert!(!shown.contains("canary"), "{document}: {shown}");
        assert!(!shown.contains("8128128"), "{document}: {shown}");
        assert!(error.line().is_some(), "{document}: {shown}");
    }
}

#[test]
fn the_error_for_a_missing_file_names_the_file() {
    let error = EndpointConfigs::from_file("no/such/endpoints.toml").unwrap_err();
    assert!(error.to_string().contains("no/such/endpoints.toml"));
    assert_eq!(error.path(), Some(Path::new("no/such/endpoints.toml")));
    assert!(error.source().is_some());
}

#[test]
fn other_formats_of_serde_work() {
    let json =
        r#"{"endpoint": {"x": {"provider": "p", "path": "a", "auth": "none", "timeout": "5s"}}}"#;
    let endpoints: EndpointConfigs = serde_json::from_str(json).unwrap();
    let config = endpoints.get("x").unwrap();
    assert_eq!(config.timeout(), Some(Duration::from_secs(5)));
    let unknown = json.replace("timeout", "timout");
    assert!(serde_json::from_str::<EndpointConfigs>(&unknown).is_err());
    let wrong = json.replace("5s", "0s").replace('x', "x\\n");
    let error = serde_json::from_str::<EndpointConfigs>(&wrong).unwrap_err().to_string();
    assert!(error.starts_with("endpoint `x\\n`: "), "{error}");
}

#[tokio::test]
async fn values_of_every_json_type_reach_the_request_from_toml_and_from_json() {
    const TOML: &str = r#"
        [endpoint.typed]
        provider = "typed"
        base_url = "http://localhost"
        path = "v{version}/{name}"
        params = { version = -2, name = "n" }
        auth = "none"
        extra_body = { yes = true, low = -1, half = 0.5, list = [1, "a"], deep = { x = 1 } }
    "#;
    let json = json!({"endpoint": {"typed": {
        "provider": "typed", "base_url": "http://localhost", "path": "v{version}/{name}",
        "params": {"version": 2, "name": "n"}, "auth": "none",
        "extra_body": {
            "yes": true, "low": -1, "half": 0.5, "list": [1, "a"], "deep": {"x": 1, "y": null}
        },
    }}});
    for (endpoints, path, deep) in [
        (EndpointConfigs::from_toml(TOML).unwrap(), "/v-2/n", json!({"x": 1})),
        (serde_json::from_value(json).unwrap(), "/v2/n", json!({"x": 1, "y": null})),
    ] {
        let config = endpoints.get("typed").unwrap();
        assert_eq!((config.name(), config.full_name()), ("typed", "typed.typed".to_owned()));
        let echo = MockTransport::new(move |request| {
            assert_eq!(request.uri().path(), path);
            Ok(http::Response::new(request.into_body()))
        });
        let any: Any = Endpoint::builder(config.clone()).transport(echo).build().unwrap();
        let sent = within("the call", any.call(&json!({}))).await.unwrap();
        let expected = json!({"yes": true, "low": -1, "half": 0.5, "list": [1, "a"], "deep": deep});
        assert_eq!(sent, expected);
    }
}

#[test]
fn a_document_without_endpoints_is_empty() {
    assert!(EndpointConfigs::from_toml("").unwrap().is_empty());
    assert!(!EndpointConfigs::from_toml(DOCUMENT).unwrap().is_empty());
}

#[tokio::test]
async fn a_document_sets_the_budget_and_the_idempotency() {
    let server = Api::serve(|_, _| crate::support::api::status(500)).await;
    let document = format!(
        r#"
        [defaults]
        provider = "{}"
        base_url = "{}"
        path = "x"
        auth = "none"
        idempotency = "key"
        retry = {{ base_delay = "1ms" }}
        circuit_breaker = {{ failure_threshold = 100 }}

        [endpoint.poor]
        budget = {{ capacity = 10, retry_cost = 5, initial_tokens = 5 }}

        [endpoint.rich]
        budget = {{ enabled = false }}
        "#,
        crate::declared::unique(),
        server.url
    );
    let endpoints = EndpointConfigs::from_toml(&document).unwrap();
    let of = |name: &str| Any::new(endpoints.get(name).unwrap().clone()).unwrap();
    // The initial tokens pay for one retry, so the call sends two requests.
    within("the call", of("poor").call(&json!({}))).await.unwrap_err();
    assert_eq!(server.count(), 2);
    let rich = of("rich");
    for _ in 0..5 {
        within("the call", rich.call(&json!({}))).await.unwrap_err();
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 2 + 5 * 4);
    // All attempts of a call carry the same idempotency key, and each call has another key.
    let keys: Vec<_> =
        seen[2..].iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    let calls: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(calls.len(), 5);
    assert!(keys.chunks(4).all(|call| call.iter().all(|key| *key == call[0])));
}

#[tokio::test(start_paused = true)]
async fn a_document_sets_what_calls_do_while_the_server_wants_no_requests() {
    let document = |word: &str| {
        let provider = crate::declared::unique();
        format!(
            "[endpoint.held]\nprovider = \"{provider}\"\nbase_url = \"http://localhost\"\n\
             path = \"x\"\nauth = \"none\"\nmax_retries = 0\non_rate_limit = \"{word}\"\n"
        )
    };
    let second_error = async |word: &str| {
        let endpoints = EndpointConfigs::from_toml(&document(word)).unwrap();
        let config = endpoints.get("held").unwrap().clone();
        let transport = MockTransport::new(|_| {
            let refused = http::Response::builder().status(429).header("retry-after", "5");
            Ok(refused.body("{}".into()).unwrap())
        });
        let any: Any = Endpoint::builder(config).transport(transport).build().unwrap();
        any.call(&json!({})).await.unwrap_err();
        let began = tokio::time::Instant::now();
        let error = any.call(&json!({})).await.unwrap_err();
        (error.is_held_back(), began.elapsed().as_secs())
    };
    assert_eq!(second_error("wait").await, (false, 5));
    assert_eq!(second_error("fail").await, (true, 0));
    assert_eq!(second_error("ignore").await, (false, 0));
    let error = EndpointConfigs::from_toml(&document("maybe")).unwrap_err();
    assert!(error.to_string().contains("`wait`, `fail` or `ignore`"), "{error}");
}

#[test]
fn the_tables_of_the_guide_are_the_defaults_of_a_client() {
    let guide = include_str!("../../docs/endpoints.md");
    let table = |name: &str| {
        let begin = guide.find(&format!("[defaults.{name}]")).unwrap();
        let length = guide[begin..].find("```").unwrap();
        &guide[begin..begin + length]
    };
    let document = format!(
        "[defaults]\nprovider = \"{}\"\nbase_url = \"http://localhost\"\npath = \"x\"\n\
         auth = \"none\"\n{}{}[endpoint.default]\n",
        crate::declared::unique(),
        table("circuit_breaker"),
        table("budget"),
    );
    let endpoints = EndpointConfigs::from_toml(&document).unwrap();
    let config = endpoints.get("default").unwrap();
    assert_eq!(*config.circuit_breaker(), resilient_http::default_circuit_breaker());
    let _any = Any::new(config.clone()).unwrap();
    let budget = resilient::Registry::global().budget(&config.full_name()).unwrap();
    assert_eq!(budget.config(), resilient_http::default_budget());
}

#[tokio::test(start_paused = true)]
async fn d09_a_document_names_the_headers_for_the_time_left_and_the_attempt() {
    let document = format!(
        "[endpoint.x]\nprovider = \"{}\"\nbase_url = \"http://localhost\"\npath = \"x\"\n\
         auth = \"none\"\nmethod = \"GET\"\ntimeout = \"2s\"\n\
         deadline_header = \"x-time\"\nattempt_header = \"x-attempt\"\n",
        crate::declared::unique()
    );
    let endpoints = EndpointConfigs::from_toml(&document).unwrap();
    let config = endpoints.get("x").unwrap().clone();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let of_transport = std::sync::Arc::clone(&seen);
    let transport = MockTransport::new(move |request: http::Request<_>| {
        let text = |name| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        let mut seen = of_transport.lock().unwrap();
        seen.push((text("x-time"), text("x-attempt")));
        let status = if seen.len() == 1 { 503 } else { 200 };
        Ok(http::Response::builder().status(status).body("{}".into()).unwrap())
    });
    let any: Any = Endpoint::builder(config).transport(transport).build().unwrap();
    any.call(&json!({})).await.unwrap();
    let text = |value: &str| Some(value.to_owned());
    assert_eq!(*seen.lock().unwrap(), [(text("1995"), None), (text("1995"), text("2"))]);
}
