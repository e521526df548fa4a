//! Endpoints emit `tracing` events for stale responses, and for API keys that are written in a
//! document. No event contains a key.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient_http::{ApiClient, AuthKind, CacheConfig, ErrorKind, MockTransport};
use serde_json::json;

use crate::declared::{Any, declared, opens_after, over, says};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Records all events of this thread at every level.
fn listen() -> (Told, tracing::subscriber::DefaultGuard) {
    let told = Told::default();
    let to = told.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || to.clone())
        .finish();
    (told, tracing::subscriber::set_default(subscriber))
}

#[tokio::test(start_paused = true)]
async fn a_key_in_a_configuration_causes_a_warning_without_the_key() {
    let (told, _guard) = listen();
    let config = declared("http://localhost")
        .auth(AuthKind::XApiKey)
        .api_key_from("literal:canary-1")
        .header("x-secret", "canary-2")
        .extra_body(json!({"secret": "canary-3"}))
        .path("users/{id}")
        .param("id", "canary-4");
    let any = over(&config, |_, _| says(500, "canary-5"));
    let warned = told.text();
    assert!(warned.contains("WARN") && warned.contains("`env:NAME`"), "{warned}");
    let error = any.call(&json!({"q": "canary-6"})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let told = told.text();
    assert!(told.contains("users/{id}"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_logged_at_debug() {
    let config = declared("http://localhost")
        .circuit_breaker(&opens_after(1))
        .cache(CacheConfig::new().ttl(Duration::ZERO).stale_if_open(Duration::from_secs(60)));
    let any: Any = over(&config, |n, _| says(if n == 0 { 200 } else { 500 }, "1"));
    any.call(&json!({})).await.unwrap();
    let (told, _guard) = listen();
    any.call(&json!({})).await.unwrap();
    let told = told.text();
    let line = told.lines().find(|line| line.contains("stale response"));
    assert!(line.is_some_and(|line| line.contains("DEBUG")), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_logged_once_with_its_origin_and_later_holds_at_debug() {
    let (told, _guard) = listen();
    let transport = MockTransport::new(|_| {
        let refused = http::Response::builder().status(429).header("retry-after", "5");
        Ok(refused.body("".into()).unwrap())
    });
    let api = ApiClient::builder("http://user:canary-7@localhost:81/v1");
    let api = api.transport(transport).no_retry().build().unwrap();
    for _ in 0..3 {
        api.get::<()>("x").await.unwrap_err();
    }
    let told = told.text();
    let lines: Vec<_> = told.lines().filter(|line| line.contains("holds back calls")).collect();
    assert_eq!(lines.len(), 3, "{told}");
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line.contains("WARN"), n == 0, "{line}");
        assert!(line.contains("http://localhost:81") && line.contains("wait=5.0"), "{line}");
    }
    assert!(!told.contains("canary"), "{told}");
}
