//! Rules G8 and R15: when a client is dropped, its breaker, budget and retry leave the registry,
//! unless they remember failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use resilient::breaker::CircuitState;
use resilient::budget::BudgetConfig;
use resilient::retries::RetryCounts;
use resilient::{BreakerConfig, Registry, RetryPolicy};
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, AuthKind, Endpoint, EndpointConfig, MockTransport,
};

/// Returns a transport that responds with this status, and the count of its requests.
pub(crate) fn transport(status: u16) -> (MockTransport, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let transport = MockTransport::new(move |_| {
        seen.fetch_add(1, Relaxed);
        let mut response = http::Response::new("1".into());
        *response.status_mut() = status.try_into().unwrap();
        Ok(response)
    });
    (transport, requests)
}

fn client(name: &str, transport: &MockTransport) -> ApiClientBuilder {
    ApiClient::builder("http://localhost").name(name).transport(transport.clone())
}

/// Returns the names of registered breakers and budgets that begin with `prefix`. Other tests use
/// the global registry at the same time.
pub(crate) fn registered(prefix: &str) -> Vec<String> {
    let budgets = Registry::global().budgets().into_iter().map(|budget| budget.name);
    let breakers = Registry::global().with_prefix(prefix);
    let names: Vec<_> = breakers.names().map(str::to_owned).collect();
    names.into_iter().chain(budgets.filter(|name| name.starts_with(prefix))).collect()
}

/// Returns the counts of the registered retry of this name.
pub(crate) fn retry_counts(name: &str) -> Option<RetryCounts> {
    Registry::global().get_retry(name).map(|retry| retry.snapshot().counts)
}

#[tokio::test(start_paused = true)]
async fn b20_the_remembered_text_begins_with_the_cause_and_has_the_path_without_its_values() {
    let (transport, _) = transport(503);
    let api = client("b20 client", &transport).build().unwrap();
    let path = "organisations/{organisation}/payments/{payment}/refunds";
    let call = api.get::<()>(path).param("organisation", "canary").param("payment", 7);
    call.query([("q", "canary")]).await.unwrap_err();
    let texts = ["the server failed (status 503): GET organisations/{organisation}"; 4];
    let failures = api.circuit_breaker().snapshot().last_failures;
    let of_breaker = failures.iter().map(|failure| failure.text().unwrap().to_string());
    assert_eq!(of_breaker.collect::<Vec<_>>(), texts);
    let failures = Registry::global().get_retry("b20 client").unwrap().snapshot().last_failures;
    let of_retry = failures.iter().map(|failure| failure.text.unwrap().to_string());
    assert_eq!(of_retry.collect::<Vec<_>>(), texts);
}

#[tokio::test(start_paused = true)]
async fn b20_a_client_that_remembers_no_errors_shows_no_text() {
    let (transport, _) = transport(503);
    let breaker = BreakerConfig::builder().remember_errors(false).build().unwrap();
    let retry = RetryPolicy::builder().remember_errors(false).build().unwrap();
    let api = client("b20 silent", &transport).circuit_breaker(breaker).retry(retry);
    let api = api.build().unwrap();
    api.get::<()>("x").await.unwrap_err();
    assert!(api.circuit_breaker().snapshot().last_failures.iter().all(|it| it.text().is_none()));
    let failures = Registry::global().get_retry("b20 silent").unwrap().snapshot().last_failures;
    assert!(failures.len() == 4 && failures.iter().all(|failure| failure.text.is_none()));
}

#[tokio::test(start_paused = true)]
async fn g08_a_client_whose_server_only_found_nothing_leaves_no_retry() {
    let (transport, _) = transport(404);
    let api = client("g08 not found", &transport).build().unwrap();
    api.get::<()>("x").await.unwrap_err();
    drop(api);
    assert_eq!(registered("g08 not found"), [""; 0]);
    assert!(Registry::global().get_retry("g08 not found").is_none());
}

#[tokio::test(start_paused = true)]
async fn r15_the_retries_of_a_client_have_its_name() {
    let (transport, requests) = transport(503);
    let policy = |retries| RetryPolicy::builder().max_retries(retries).build().unwrap();
    let api = client("r15 client", &transport).retry(policy(1)).no_circuit_breaker().build();
    let api = api.unwrap();
    api.get::<()>("x").await.unwrap_err();
    // A request with another policy has the same name.
    api.get::<()>("x").retry(policy(2)).await.unwrap_err();
    let counts = retry_counts("r15 client").unwrap();
    assert_eq!((requests.load(Relaxed), counts.attempts, counts.retries), (2 + 3, 2 + 3, 1 + 2));

    let stop = RetryPolicy::builder().max_retries(0);
    Registry::global().override_retry("r15 client", stop).unwrap();
    api.get::<()>("x").retry(policy(9)).await.unwrap_err();
    assert_eq!(requests.load(Relaxed), 5 + 1);
    Registry::global().clear_retry_override("r15 client").unwrap();
}

#[tokio::test(start_paused = true)]
async fn g08_the_retry_of_a_client_that_fails_stays_for_ten_minutes() {
    let (transport, _) = transport(503);
    for calls in 1..=2 {
        let api = client("g08 retry", &transport).no_retry().build().unwrap();
        api.get::<()>("x").await.unwrap_err();
        drop(api);
        assert_eq!(retry_counts("g08 retry").unwrap().give_ups.total(), calls);
    }
    tokio::time::advance(std::time::Duration::from_secs(600)).await;
    drop(client("g08 retry", &transport).build().unwrap());
    assert_eq!(retry_counts("g08 retry"), None);
}

#[tokio::test(start_paused = true)]
async fn g08_ten_thousand_healthy_clients_leave_nothing() {
    let (transport, requests) = transport(200);
    for number in 0..10_000 {
        let api = client(&format!("g08 healthy {number}"), &transport).build().unwrap();
        let value: u32 = api.get("x").await.unwrap();
        assert_eq!(value, 1);
    }
    assert_eq!(requests.load(Relaxed), 10_000);
    assert_eq!(registered("g08 healthy"), [""; 0]);
    for number in 0..10_000 {
        assert_eq!(retry_counts(&format!("g08 healthy {number}")), None);
    }
}

#[tokio::test]
async fn g08_unused_clients_over_reqwest_leave_nothing() {
    for number in 0..20 {
        let name = format!("g08 unused {number}");
        drop(ApiClient::builder("http://localhost").name(name).build().unwrap());
    }
    assert_eq!(registered("g08 unused"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn g08_a_client_for_each_call_still_opens_its_circuit() {
    let (transport, requests) = transport(503);
    let breaker = BreakerConfig::builder().failure_threshold(5).build().unwrap();
    let mut errors = Vec::new();
    for _ in 0..8 {
        let api = client("g08 each call", &transport).circuit_breaker(breaker.clone()).no_retry();
        errors.push(api.build().unwrap().get::<()>("x").await.unwrap_err());
    }
    assert_eq!(requests.load(Relaxed), 5);
    assert_eq!(errors.iter().filter(|error| error.is_circuit_open()).count(), 3);
    assert_eq!(registered("g08 each call"), ["g08 each call"], "the breaker, without the budget");
}

#[tokio::test(start_paused = true)]
async fn g08_a_client_for_each_call_still_drains_its_budget() {
    let (transport, requests) = transport(503);
    for _ in 0..50 {
        let api = client("g08 budget", &transport).no_circuit_breaker().build().unwrap();
        api.get::<()>("x").await.unwrap_err();
    }
    // The server receives fifty first attempts, and the twenty retries that the initial tokens pay
    // for.
    assert_eq!(requests.load(Relaxed), 50 + 20);
    assert_eq!(Registry::global().budget("g08 budget").unwrap().tokens(), 0);
}

#[tokio::test(start_paused = true)]
async fn g08_a_client_that_recovers_leaves_with_its_last_handle() {
    let (down, _) = transport(503);
    let (up, _) = transport(200);
    for _ in 0..4 {
        let api = client("g08 recovers", &down).no_retry().build().unwrap();
        api.get::<()>("x").await.unwrap_err();
    }
    assert_eq!(registered("g08 recovers"), ["g08 recovers"]);
    let api = client("g08 recovers", &up).build().unwrap();
    assert_eq!(api.circuit_breaker().snapshot().consecutive_failures, 4);
    let copy = api.clone();
    assert_eq!(copy.get::<u32>("x").await.unwrap(), 1);
    drop(api);
    assert_eq!(registered("g08 recovers").len(), 2, "a clone of the client remains");
    drop(copy);
    assert_eq!(registered("g08 recovers"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn g08_a_call_that_is_cancelled_in_a_wait_leaves_its_budget_as_it_was() {
    let (transport, _) = transport(503);
    let api = client("g08 cancelled", &transport).no_circuit_breaker().build().unwrap();
    cancel_in_wait(api.get::<()>("x")).await;
    drop(api);
    assert_eq!(registered("g08 cancelled"), [""; 0]);
}

/// Polls a call until it waits, and drops it.
async fn cancel_in_wait(call: impl IntoFuture<Output = Result<(), ApiError>>) {
    let mut call = Box::pin(call.into_future());
    let pending = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx)));
    assert!(pending.await.is_pending());
}

#[tokio::test(start_paused = true)]
async fn g08_endpoints_leave_with_their_last_handle() {
    let (transport, _) = transport(200);
    let config = || {
        EndpointConfig::builder("ask", "g08 endpoints")
            .base_url("http://localhost")
            .path("ask")
            .auth(AuthKind::None)
            .build()
            .unwrap()
    };
    for _ in 0..100 {
        let builder = Endpoint::<str, u32>::builder(config()).transport(transport.clone());
        let ask = builder.build().unwrap();
        assert_eq!(ask.call("x").await.unwrap(), 1);
        let typed = ask.typed::<str, u32>();
        drop(ask);
        assert_eq!(registered("g08 endpoints").len(), 2);
        drop(typed);
        assert_eq!(registered("g08 endpoints"), [""; 0]);
    }
}

#[test]
fn g08_a_client_that_cannot_be_built_leaves_nothing() {
    let (transport, _) = transport(200);
    let refused = client("g08 refused", &transport).idempotency_header("no header").build();
    assert!(refused.is_err());
    assert_eq!(registered("g08 refused"), [""; 0]);
}

#[test]
fn g03_a_client_without_settings_takes_those_of_a_later_client() {
    let (transport, _) = transport(200);
    let first = client("g03 clients", &transport).build().unwrap();
    let breaker = BreakerConfig::builder().failure_threshold(2).build().unwrap();
    let budget = BudgetConfig::builder().capacity(9).build().unwrap();
    let settings = client("g03 clients", &transport).circuit_breaker(breaker.clone());
    let second = settings.budget(budget).build().unwrap();
    assert_eq!(first.circuit_breaker().config(), breaker);
    assert_eq!(Registry::global().budget("g03 clients").unwrap().config(), budget);
    let third = client("g03 clients", &transport).build().unwrap();
    assert_eq!(third.circuit_breaker().config(), breaker);
    assert_eq!(second.circuit_breaker().state(), CircuitState::Closed);
}
