//! What errors print: the reason, the circuit or the server, and nothing that may be secret.

use std::error::Error as _;
use std::time::Duration;

use resilient_http::{
    ApiClient, ApiError, ApiKey, Auth, BudgetConfig, CircuitOpen, RetriesDisabled, StatusCode,
};

use crate::support::api::{Api, answer, json, status};
use crate::support::raw::{Raw, Step, refusing};
use crate::support::settings::{client, quickly};
use crate::support::within;

#[tokio::test(start_paused = true)]
async fn the_error_of_an_open_circuit_names_the_circuit_and_the_wait() {
    let url = "http://127.0.0.1:9";
    let api = client("http://me:canary@127.0.0.1:9/canary").build().unwrap();
    api.circuit_breaker().trip_for(Duration::from_millis(3_200)).unwrap();
    let error = within("the call", api.get::<()>("canary").query([("k", "canary")])).await;
    let error = error.unwrap_err();
    let text = error.to_string();
    let circuit = format!("`{}` [{url}]", api.circuit_breaker().name());
    let expected = format!("not sent: circuit breaker {circuit} is open: try again in 3.2s");
    assert_eq!(text, expected);
    assert!(!format!("{text} {error:?}").contains("canary"), "{error:?}");
    // An outer breaker finds the rejection in the chain.
    assert_eq!(CircuitOpen::find_in(&error).unwrap().key(), Some(url));
    api.circuit_breaker().force_open();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("not sent: circuit breaker {circuit} is forced open"));
}

#[tokio::test]
async fn the_error_of_a_missing_connection_names_the_host_and_the_port() {
    let url = refusing();
    let with_user = url.replace("http://", "http://me:canary@");
    let api = client(&with_user).build().unwrap();
    let call = api.get::<()>("users/{id}").param("id", "canary").query([("key", "canary")]);
    let error = within("the call", call).await.unwrap_err();
    let server = url.strip_prefix("http://").unwrap();
    let expected = format!("GET users/{{id}}: no connection to {server}; 3 attempts");
    assert_eq!(error.to_string(), expected);
    let printed = format!("{error:?} {error:#?} {:?}", error.source());
    assert!(printed.contains(server) && !printed.contains("canary"), "{printed}");
    // The breaker remembers the same text.
    let failure = api.circuit_breaker().snapshot().last_failures.last().copied().unwrap();
    assert!(format!("{failure:?}").contains(server), "{failure:?}");
}

#[tokio::test]
async fn only_the_five_redirects_are_called_redirects() {
    for (code, is_redirect, text) in [
        (301, true, "a redirect was not followed"),
        (302, true, "a redirect was not followed"),
        (303, true, "a redirect was not followed"),
        (307, true, "a redirect was not followed"),
        (308, true, "a redirect was not followed"),
        (300, false, "an unexpected status"),
        (304, false, "not modified"),
        (305, false, "an unexpected status"),
        (400, false, "the server refused"),
        (999, false, "an unexpected status"),
    ] {
        let server = Api::serve(move |_, _| status(code)).await;
        let api = client(&server.url).build().unwrap();
        let error = within("the call", api.get::<()>("x")).await.unwrap_err();
        assert_eq!(error.is_redirect(), is_redirect, "{code}");
        assert_eq!(error.to_string(), format!("GET x: {text} (status {code})"));
    }
}

#[tokio::test]
async fn r07_the_error_names_the_budget_if_it_ended_the_retries() {
    let server = Api::statuses(&[500]).await;
    let budget = |tokens| {
        let budget = BudgetConfig::builder().capacity(10).retry_cost(5).initial_tokens(tokens);
        client(&server.url).budget(budget.build().unwrap()).build().unwrap()
    };
    for (tokens, attempts, why) in [
        (0, 1, Some(RetriesDisabled::Budget)),
        (5, 2, Some(RetriesDisabled::Budget)),
        (10, 3, None),
    ] {
        let error = within("the call", budget(tokens).get::<()>("x")).await.unwrap_err();
        assert_eq!((error.attempts(), error.retries_disabled()), (attempts, why), "{tokens}");
    }
    // A call that may not be repeated needs no token, so the budget is not the reason.
    let error = within("the call", budget(0).post::<()>("x")).await.unwrap_err();
    assert_eq!(error.retries_disabled(), Some(RetriesDisabled::NotIdempotent));
    // The client completes the error of a time limit at its end, and keeps the reason.
    let hanging = Raw::always(vec![Step::Stall]).await;
    let empty = BudgetConfig::builder().initial_tokens(0).build().unwrap();
    let api = client(&hanging.url).budget(empty).timeout(Duration::from_millis(50));
    let error = within("the call", api.build().unwrap().get::<()>("x")).await.unwrap_err();
    assert!(matches!(error, ApiError::Timeout { .. }), "{error:?}");
    assert_eq!(error.retries_disabled(), Some(RetriesDisabled::Budget));
}

#[tokio::test]
async fn a_call_that_another_limit_ended_has_no_disabled_retries() {
    // The wait of the server exceeds the limit of the policy.
    let server = Api::serve(|_, _| answer(503, &[("retry-after", "61")], "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.attempts(), error.retries_disabled()), (1, None));
    // The policy has no retries.
    let server = Api::statuses(&[500]).await;
    let api = client(&server.url).retry(quickly(0)).build().unwrap();
    let error = within("the call", api.get::<()>("x")).await.unwrap_err();
    assert_eq!((error.attempts(), error.retries_disabled()), (1, None));
}

#[tokio::test]
async fn fm_f22_a_byte_order_mark_is_skipped_wherever_a_body_is_read() {
    let server = Api::serve(|_, seen| match &*seen.target {
        "/json" => answer(200, &[], "\u{feff}[1]"),
        "/empty" => answer(200, &[], "\u{feff}"),
        "/text" => answer(200, &[], "\u{feff}text"),
        "/quota" => answer(429, &[], "\u{feff}{\"code\": \"quota\", \"message\": \"m\"}"),
        _ => answer(400, &[], "\u{feff}plain"),
    })
    .await;
    let api = client(&server.url).permanent_codes(["quota"]).build().unwrap();
    assert_eq!(api.get::<Vec<u32>>("json").await.unwrap(), [1]);
    assert_eq!(api.get::<Option<u32>>("empty").await.unwrap(), None);
    let text: resilient_http::Response = api.get("text").await.unwrap();
    assert_eq!(text.text().unwrap(), "text");
    assert_eq!(text.bytes().len(), 7);
    let quota = api.get::<()>("quota").await.unwrap_err();
    assert_eq!((quota.attempts(), quota.message().as_deref()), (1, Some("m")));
    let body: serde_json::Value = quota.body_json().unwrap();
    assert_eq!(body["code"], "quota");
    let plain = api.get::<()>("plain").await.unwrap_err();
    assert_eq!(plain.status(), Some(StatusCode::BAD_REQUEST));
    assert_eq!(
        (&*plain.body_text().unwrap(), plain.message().as_deref()),
        ("plain", Some("plain"))
    );
}

#[tokio::test]
async fn a_byte_order_mark_in_a_key_file_is_no_part_of_the_key() {
    let path = std::env::temp_dir().join(format!("resilient-http-key-{}", std::process::id()));
    std::fs::write(&path, "\u{feff}k1\r\n").unwrap();
    let server = Api::serve(|_, _| status(200)).await;
    let auth = Auth::api_key("x-api-key", ApiKey::file(&path));
    let api = client(&server.url).auth(auth).build();
    std::fs::remove_file(&path).unwrap();
    let _: serde_json::Value = within("the call", api.unwrap().get("x")).await.unwrap();
    assert_eq!(server.only().header("x-api-key"), Some("k1"));
}

#[tokio::test]
async fn the_error_of_a_wrong_parameter_names_the_template() {
    let api = client("http://localhost").build().unwrap();
    let missing = api.get::<()>("users/{id}/pets/{pet}").param("id", "canary");
    let unknown = api.get::<()>("users/{id}?key=canary").param("ident", "canary");
    let unknown_name = api.get::<()>("users/{id}").param("id", 1).param("ident", "canary");
    for (call, text) in [
        (missing, "parameter `pet` of the path template `users/{id}/pets/{pet}` has no value"),
        (unknown_name, "parameter `ident` is not in the path template `users/{id}`"),
    ] {
        let error = call.await.unwrap_err();
        assert_eq!(error.to_string(), format!("not sent: {text}"));
    }
    let error = unknown.await.unwrap_err().to_string();
    assert!(!error.contains("canary"), "{error}");
}

#[test]
fn the_error_of_an_address_without_a_scheme_says_how_it_must_begin() {
    for address in ["127.0.0.1:8080", "localhost:8080", "api.example.com/v1", "", "//host/v1"] {
        let must_begin = "must begin with `http://` or `https://`";
        let error = ApiClient::builder(address).build().unwrap_err();
        assert_eq!(error.to_string(), format!("base URL {must_begin}"), "{address}");
        let error = client("http://localhost").allow_origin(address).build().unwrap_err();
        assert_eq!(error.to_string(), format!("allowed origin {must_begin}"), "{address}");
    }
}

#[test]
fn an_allowed_origin_that_is_no_url_is_refused() {
    let error = client("http://localhost").allow_origin("http://[::1").build().unwrap_err();
    assert_eq!(error.to_string(), "allowed origin is not a URL");
}

#[tokio::test]
async fn the_error_of_json_of_another_type_names_the_type_and_no_column_that_it_does_not_know() {
    let server = Api::serve(|_, _| json(r#"{"name": "canary"}"#)).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.get::<Vec<u32>>("x")).await.unwrap_err();
    let why = error.source().unwrap().to_string();
    assert_eq!(why, "the JSON does not fit the type `alloc::vec::Vec<u32>`, at line 1");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}
