//! Each preset sends the documented data, reads the documented responses, and retries as
//! documented.

use resilient_http::{
    ApiKey, BreakerConfig, CallOptions, EndpointConfig, EndpointConfigBuilder, ErrorKind, Preset,
    RetryPolicy,
};
use serde::{Deserialize, Serialize};
use serde_json::json as value;

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

#[derive(Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Ask {
    messages: Vec<Message>,
    temperature: Option<f32>,
}

fn ask(text: &str) -> Ask {
    Ask { messages: vec![Message { role: "user", content: text.to_owned() }], temperature: None }
}

#[tokio::test]
async fn the_contract_of_openai() {
    #[derive(Deserialize)]
    struct Said {
        content: String,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Said,
    }
    #[derive(Deserialize)]
    struct Completion {
        choices: Vec<Choice>,
    }

    let server = Api::serve(|n, _| match n {
        0 => status(500),
        1 => answer(429, &[("retry-after-ms", "1")], r#"{"error":{"code":"rate_limit_exceeded"}}"#),
        _ => json(
            r#"{"id":"c1","choices":[{"index":0,"finish_reason":"stop",
                "message":{"role":"assistant","content":"Hi."}}]}"#,
        ),
    })
    .await;
    let config = preset(Preset::OPENAI, &server.url).extra_body(value!({"model": "gpt-4o"}));
    let chat = endpoint(&config).typed::<Ask, Completion>();
    let completion = within("the call", chat.call(&ask("Hi"))).await.unwrap();
    assert_eq!(completion.choices[0].message.content, "Hi.");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for seen in &seen {
        assert_eq!((seen.method.as_str(), &*seen.target), ("POST", "/v1/chat/completions"));
        assert_eq!(seen.header("authorization"), Some("Bearer sk-1"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(
            seen.text(),
            r#"{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-4o"}"#
        );
    }
}

#[tokio::test]
async fn the_contract_of_anthropic() {
    #[derive(Deserialize)]
    struct Block {
        text: String,
    }
    #[derive(Deserialize)]
    struct Said {
        content: Vec<Block>,
    }

    let server = Api::serve(|n, _| match n {
        0 => answer(529, &[], r#"{"type":"error","error":{"type":"overloaded_error"}}"#),
        _ => json(r#"{"id":"m1","type":"message","content":[{"type":"text","text":"Hi."}]}"#),
    })
    .await;
    let config = preset(Preset::ANTHROPIC, &server.url)
        .extra_body(value!({"model": "claude-sonnet-4-5", "max_tokens": 1024}));
    let messages = endpoint(&config).typed::<Ask, Said>();
    let said = within("the call", messages.call(&ask("Hi"))).await.unwrap();
    assert_eq!(said.content[0].text, "Hi.");
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for seen in &seen {
        assert_eq!((seen.method.as_str(), &*seen.target), ("POST", "/v1/messages"));
        assert_eq!(seen.header("x-api-key"), Some("sk-1"));
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    }
}

#[tokio::test]
async fn a_429_for_an_exhausted_quota_is_not_retried() {
    for body in [
        r#"{"error":{"message":"m","type":"insufficient_quota","param":null,
            "code":"insufficient_quota"}}"#,
        r#"{"error":{"code":"insufficient_quota"}}"#,
        r#"{"code":"insufficient_quota"}"#,
        r#"{"error":{"type":"insufficient_quota","code":"credit_balance_exhausted"}}"#,
        r#"{"error":{"type":"limit","code":"organization_spend_limit_exceeded"}}"#,
        r#"{"error":{"type":"limit","code":"project_spend_limit_exceeded"}}"#,
        r#"{"error":{"type":"limit","code":"organization_usage_limit_exceeded"}}"#,
        r#"{"error":{"type":"limit","code":"billing_hard_limit_reached"}}"#,
        r#"{"error":{"type":"limit","code":"billing_not_active"}}"#,
    ] {
        // The client does not retry, although the headers of the response ask for a retry.
        let server = Api::serve(move |_, _| {
            answer(429, &[("retry-after", "0"), ("x-should-retry", "true")], body)
        })
        .await;
        let chat = endpoint(&preset(Preset::OPENAI, &server.url));
        let error = within("the call", chat.call(&value!({}))).await.unwrap_err();
        assert_eq!((error.kind(), server.count()), (ErrorKind::RateLimited, 1));
        assert!(!error.is_retryable());
    }
    // The client retries a 429 with any other body.
    for body in [r#"{"error":{"code":"rate_limit_exceeded"}}"#, "insufficient_quota", "", "[1]"] {
        let server = Api::serve(move |_, _| answer(429, &[], body)).await;
        let chat = endpoint(&preset(Preset::OPENAI, &server.url));
        let error = within("the call", chat.call(&value!({}))).await.unwrap_err();
        assert_eq!((error.kind(), server.count()), (ErrorKind::RateLimited, 3), "{body}");
    }
}

#[test]
fn presets_have_names_and_their_own_delays() {
    assert_eq!(Preset::named("openai"), Some(Preset::OPENAI));
    assert_eq!(Preset::named("anthropic"), Some(Preset::ANTHROPIC));
    assert_eq!(Preset::named("OpenAI"), None);
    let config = EndpointConfig::builder("chat", "openai")
        .preset(Preset::OPENAI)
        .api_key(ApiKey::env("X"))
        .max_retries(5)
        .build()
        .unwrap();
    let policy = RetryPolicy::builder()
        .max_retries(5)
        .base_delay(std::time::Duration::from_millis(500))
        .max_delay(std::time::Duration::from_secs(8))
        .build()
        .unwrap();
    assert_eq!(format!("{:?}", config.retry()), format!("{policy:?}"));
    assert_eq!(config.base_url(), Some("https://api.openai.com/v1"));
}

#[tokio::test]
async fn presets_retry_what_the_sdks_of_their_providers_retry() {
    let server = Api::serve(|_, seen| {
        let code = seen.target.rsplit('/').next().unwrap().parse().unwrap();
        status(code)
    })
    .await;
    for provider in [Preset::OPENAI, Preset::ANTHROPIC] {
        let config = preset(provider, &server.url).path("{status}").no_budget();
        let unopened = BreakerConfig::builder().failure_threshold(10_000).build().unwrap();
        let api = endpoint(&config.circuit_breaker(&unopened));
        for code in 400..600 {
            let options = CallOptions::new().param("status", code);
            let call = api.call_with(&value!({}), &options);
            let error = within("the call", call).await.unwrap_err();
            let is_retried = matches!(code, 408 | 409 | 429 | 500..) && code != 501;
            let attempts = if is_retried { 3 } else { 1 };
            assert_eq!(error.attempts(), attempts, "{} {code}", provider.name());
        }
    }
}
