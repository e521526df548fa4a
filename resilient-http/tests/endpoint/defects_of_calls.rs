//! The tests for defects EP1 to EP13 of the Python system. Each test fails if this crate has the
//! defect. `README.md` lists the defects that cannot occur.

use std::time::Duration;

use resilient_http::{
    ApiKey, AuthKind, CacheConfig, CallOptions, Endpoint, EndpointConfig, Preset, ResponseCache,
};
use serde_json::{Value, json as value};

use crate::declared::{Any, declared, endpoint, over, says, sent, unique};
use crate::support::api::{Api, answer, json, status};
use crate::support::settings::{client, patient, quickly};
use crate::support::{until, within};

#[tokio::test]
async fn defect_ep1_retries_do_not_multiply() {
    let server = Api::statuses(&[500]).await;
    // The configuration, the builder and the client each set retries, and there is a cache. Still,
    // each call has only one loop.
    let configured = declared(&server.url).retry(quickly(3));
    assert_eq!(sent(&server, &endpoint(&configured)).await, 4);
    let given: Any =
        Endpoint::builder(configured.build().unwrap()).retry(quickly(2)).build().unwrap();
    assert_eq!(sent(&server, &given).await, 3);
    let own = client(&server.url).retry(quickly(3)).build().unwrap();
    let on_client: Any =
        Endpoint::builder(configured.build().unwrap()).connections_of(&own).build().unwrap();
    assert_eq!(sent(&server, &on_client).await, 4);
    let kept = endpoint(&configured.clone().cache(CacheConfig::new()));
    assert_eq!(sent(&server, &kept).await, 4);
    let none = declared(&server.url).retry(quickly(0));
    assert_eq!(sent(&server, &endpoint(&none)).await, 1);
}

#[tokio::test]
async fn defect_ep2_a_preset_adds_no_loop() {
    let server = Api::statuses(&[500]).await;
    for preset in [Preset::OPENAI, Preset::ANTHROPIC] {
        let config = EndpointConfig::builder(unique(), "test")
            .preset(preset)
            .base_url(&server.url)
            .api_key(ApiKey::secret("k"))
            .circuit_breaker(&patient())
            .retry(quickly(3));
        assert_eq!(sent(&server, &endpoint(&config)).await, 4);
    }
}

#[tokio::test]
async fn defect_ep3_what_waiting_does_not_mend_is_sent_once() {
    for code in [400, 401, 403, 404, 422] {
        let server = Api::serve(move |_, _| status(code)).await;
        let any = endpoint(&declared(&server.url));
        assert_eq!(sent(&server, &any).await, 1, "{code}");
    }
}

#[tokio::test]
async fn defect_ep4_every_2xx_is_a_success() {
    for code in [200, 201, 202, 204] {
        let body = if code == 204 { "" } else { "null" };
        let server = Api::serve(move |_, _| answer(code, &[], body)).await;
        let any = endpoint(&declared(&server.url));
        let null = within("the call", any.call(&value!({}))).await.unwrap();
        assert_eq!((null, server.count()), (Value::Null, 1), "{code}");
    }
}

#[tokio::test]
async fn defect_ep5_a_kept_answer_is_found() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&server.url).cache(CacheConfig::new()));
    for _ in 0..3 {
        within("the call", any.call(&value!({}))).await.unwrap();
    }
    assert_eq!(server.count(), 1);
    // The tests in `single_flight` cover concurrent calls.
}

#[tokio::test]
async fn defect_ep6_no_endpoint_gets_the_answer_of_another() {
    let alpha_server = Api::serve(|_, _| json("\"alpha\"")).await;
    let beta_server = Api::serve(|_, _| json("\"beta\"")).await;
    let cache = ResponseCache::new(&CacheConfig::new()).unwrap();
    let of = |url: &str| -> Any {
        let config = declared(url).auth(AuthKind::Bearer).api_key(ApiKey::secret("canary"));
        Endpoint::builder(config.build().unwrap()).cache(cache.clone()).build().unwrap()
    };
    let (alpha, beta) = (of(&alpha_server.url), of(&beta_server.url));
    for _ in 0..2 {
        let said = within("the call", alpha.call(&value!({}))).await.unwrap();
        assert_eq!(said, "alpha");
        let said = within("the call", beta.call(&value!({}))).await.unwrap();
        assert_eq!(said, "beta");
    }
    assert_eq!((alpha_server.count(), beta_server.count()), (1, 1));
    assert!(!format!("{cache:?}").contains("canary"));
}

#[tokio::test]
async fn defect_ep7_calls_at_once_do_not_close_each_others_connections() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&server.url).retry(quickly(0)));
    for _ in 0..5 {
        let calls: Vec<_> = (0..50)
            .map(|n| {
                let any = any.clone();
                tokio::spawn(async move { any.call(&value!({ "n": n })).await })
            })
            .collect();
        for call in calls {
            within("the call", call).await.unwrap().unwrap();
        }
    }
    assert!(server.connections.accepted() <= 50);
    drop(any);
    until("none is left open", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn defect_ep8_calls_one_after_another_and_clones_use_one_connection() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&server.url));
    for _ in 0..10 {
        within("the call", any.clone().call(&value!({}))).await.unwrap();
    }
    assert_eq!(server.connections.accepted(), 1);
}

#[tokio::test]
async fn defect_ep9_a_call_can_have_fields_and_headers_of_its_own() {
    let server = Api::serve(|_, _| json("1")).await;
    let any = endpoint(&declared(&server.url));
    let options = CallOptions::new().field("temperature", 0.5).header("x-a", "1");
    let call = any.call_with(&value!({"q": 1}), &options);
    within("the call", call).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.text(), r#"{"q":1,"temperature":0.5}"#);
    assert_eq!(seen.header("x-a"), Some("1"));
}

#[tokio::test]
async fn defect_ep10_the_request_wins_over_the_configuration_with_a_preset_too() {
    let server = Api::serve(|_, _| json("1")).await;
    let config = EndpointConfig::builder(unique(), "test")
        .preset(Preset::OPENAI)
        .base_url(&server.url)
        .api_key(ApiKey::secret("k"))
        .extra_body(value!({"model": "gpt-4o"}));
    let call = value!({"model": "gpt-4.1-mini"});
    within("the call", endpoint(&config).call(&call)).await.unwrap();
    assert_eq!(server.only().text(), r#"{"model":"gpt-4.1-mini"}"#);
}

#[tokio::test]
async fn defect_ep11_a_get_has_a_query_and_a_form_is_a_form() {
    let server = Api::serve(|_, _| json("1")).await;
    let get = endpoint(&declared(&server.url).method("GET"));
    within("the call", get.call(&value!({"q": "a"}))).await.unwrap();
    let form = declared(&server.url).content_type("application/x-www-form-urlencoded");
    within("the call", endpoint(&form).call(&value!({"q": "a"}))).await.unwrap();
    let seen = server.seen();
    assert_eq!((&*seen[0].target, seen[0].text()), ("/chat?q=a", ""));
    assert_eq!((&*seen[1].target, seen[1].text()), ("/chat", "q=a"));
}

#[tokio::test]
async fn defect_ep12_an_openai_compatible_api_needs_no_other_transport() {
    let server = Api::serve(|_, _| json("1")).await;
    let config = EndpointConfig::builder(unique(), "ollama")
        .preset(Preset::OPENAI)
        .base_url(&server.url)
        .auth(AuthKind::None);
    within("the call", endpoint(&config).call(&value!({}))).await.unwrap();
    assert_eq!(server.only().target, "/chat/completions");
}

#[tokio::test(start_paused = true)]
async fn defect_ep13_the_server_is_waited_for_as_long_as_it_asks() {
    let config = declared("http://localhost");
    let any = over(&config, |n, _| {
        let mut response = says(if n == 0 { 503 } else { 200 }, "1");
        let seconds = http::HeaderValue::from_static("7");
        response.headers_mut().insert("retry-after", seconds);
        response
    });
    let began = tokio::time::Instant::now();
    any.call(&value!({})).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(7));
}
