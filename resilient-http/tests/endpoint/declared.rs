//! Makes endpoints for tests. Each endpoint has a unique name.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use resilient_http::{
    AuthKind, BreakerConfig, Bytes, Endpoint, EndpointConfig, EndpointConfigBuilder, Idempotency,
    MockTransport,
};
use serde_json::{Value, json};

use crate::support::api::Api;
use crate::support::settings::{patient, quick};
use crate::support::within;

/// An endpoint whose request and response are JSON values.
pub(crate) type Any = Endpoint<Value, Value>;

/// Returns a unique name. Endpoints with the same name would share their circuit breaker.
pub(crate) fn unique() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("e{}", COUNT.fetch_add(1, SeqCst))
}

/// Returns a configuration with fast retries, a circuit breaker that stays closed, requests that
/// may be sent twice, and no API key.
pub(crate) fn declared(url: &str) -> EndpointConfigBuilder {
    EndpointConfig::builder(unique(), "test")
        .base_url(url)
        .path("chat")
        .auth(AuthKind::None)
        .retry(quick())
        .no_budget()
        .circuit_breaker(&patient())
        .idempotency(Idempotency::Yes)
        .timeout(Duration::from_secs(20))
}

pub(crate) fn endpoint(config: &EndpointConfigBuilder) -> Any {
    Endpoint::new(config.build().unwrap()).unwrap()
}

pub(crate) fn opens_after(failures: u32) -> BreakerConfig {
    BreakerConfig::builder()
        .failure_threshold(failures)
        .recovery_time(Duration::from_secs(3600))
        .build()
        .unwrap()
}

/// Makes an endpoint that responds with the result of `answer`. Requests are counted from 0.
pub(crate) fn over(
    config: &EndpointConfigBuilder,
    answer: impl Fn(usize, http::Request<Bytes>) -> http::Response<Bytes> + Send + Sync + 'static,
) -> Any {
    let count = AtomicUsize::new(0);
    let transport =
        MockTransport::new(move |request| Ok(answer(count.fetch_add(1, SeqCst), request)));
    Endpoint::builder(config.build().unwrap()).transport(transport).build().unwrap()
}

/// Returns a response with this status.
pub(crate) fn says(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
    let mut response = http::Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
}

/// Makes a call that must fail, and returns how many requests the call sent.
pub(crate) async fn sent(server: &Api, any: &Any) -> usize {
    let before = server.count();
    within("the call", any.call(&json!({}))).await.unwrap_err();
    server.count() - before
}
