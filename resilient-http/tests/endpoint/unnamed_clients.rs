//! Rules G8 and R15: a client without a name is registered under the origin of its base URL, and
//! shares nothing.

use std::sync::Mutex;
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, Registry, RetryPolicy};
use resilient_http::{ApiClient, ApiClientBuilder, MockTransport};

use crate::registration::{registered, retry_counts, transport};

fn unnamed(base: &str, transport: &MockTransport) -> ApiClientBuilder {
    ApiClient::builder(base).transport(transport.clone())
}

/// Checks that nothing is registered under names that begin with `base`. While another test changes
/// overrides, the registry holds handles of all breakers for a moment. Items that stayed for them
/// leave when other clients are built.
fn nothing_is_left_of(base: &str, transport: &MockTransport) {
    let began = std::time::Instant::now();
    while !registered(base).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", registered(base));
        drop(unnamed("http://g8-sweep.localhost", transport).build().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn r15_a_client_without_a_name_has_the_name_of_its_origin_everywhere() {
    let (transport, _) = transport(503);
    let bases = [
        ("https://canary:canary@G8-One.localhost:443/v1?", "https://g8-one.localhost"),
        ("http://g8-one.localhost:80", "http://g8-one.localhost"),
        ("https://g8-one.localhost:8443/v1/v2/", "https://g8-one.localhost:8443"),
        ("http://[::1]:65535", "http://[::1]:65535"),
    ];
    for (base, name) in bases {
        let api = unnamed(base.trim_end_matches('?'), &transport).build().unwrap();
        assert_eq!(api.name(), name);
        api.get::<()>("x").await.unwrap_err();
        assert_eq!(registered(name), [name, name], "the breaker and the budget");
        let breakers = Registry::global().get_keyed::<String>(name).unwrap();
        assert_eq!(breakers.get(name).snapshot().consecutive_failures, 4);
        assert!(Registry::global().budget(name).is_some());
        assert_eq!(retry_counts(name).unwrap().attempts, 4);
        assert!(!format!("{api:?} {:?}", Registry::global()).contains("canary"));
    }
}

#[tokio::test(start_paused = true)]
async fn g08_a_second_client_of_an_origin_shares_nothing_with_the_first() {
    let (down, _) = transport(503);
    let (up, _) = transport(200);
    let base = "http://g8-two.localhost";
    let breaker = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let first = unnamed(base, &down).circuit_breaker(breaker).no_retry().build().unwrap();
    let second = unnamed(base, &up).build().unwrap();
    first.get::<()>("x").await.unwrap_err();
    assert_eq!(second.get::<u32>("x").await.unwrap(), 1);
    let of = |name| Registry::global().get_keyed::<String>(name).unwrap().get(base).state();
    assert_eq!(of("http://g8-two.localhost"), CircuitState::Open);
    assert_eq!(of("http://g8-two.localhost#2"), CircuitState::Closed);

    // The first client leaves with its failures. A new client starts without them.
    drop(first);
    assert_eq!(registered(base), ["http://g8-two.localhost#2"; 2]);
    let third = unnamed(base, &up).build().unwrap();
    assert_eq!((third.name(), third.circuit_breaker().state()), (base, CircuitState::Closed));
    drop((second, third));
    nothing_is_left_of(base, &up);
}

#[tokio::test(start_paused = true)]
async fn r15_overrides_reach_a_client_without_a_name() {
    let (transport, requests) = transport(503);
    let (name, registry) = ("http://g8-override.localhost", Registry::global());
    let api = unnamed(name, &transport).build().unwrap();
    registry.override_retry(name, RetryPolicy::builder().max_retries(1)).unwrap();
    registry
        .override_breaker(
            name,
            BreakerConfig::builder().failure_threshold(3).failure_span(Duration::ZERO),
        )
        .unwrap();
    registry.override_budget(name, BudgetConfig::builder().capacity(0)).unwrap();
    api.get::<()>("x").await.unwrap_err();
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 1, "no budget, no retry");
    registry.clear_budget_override(name).unwrap();
    for _ in 0..2 {
        api.get::<()>("x").await.unwrap_err();
    }
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    registry.clear_retry_override(name).unwrap();
    registry.clear_override(name).unwrap();
}

#[tokio::test(start_paused = true)]
async fn r15_an_override_by_prefix_reaches_every_client_of_an_origin() {
    let (transport, requests) = transport(503);
    let (base, registry) = ("http://g8-prefix.localhost", Registry::global());
    let pattern = format!("{base}*");
    let first = unnamed(base, &transport).build().unwrap();
    registry.override_retry(&pattern, RetryPolicy::builder().max_retries(0)).unwrap();
    let second = unnamed(base, &transport).build().unwrap();
    for api in [&first, &second] {
        api.get::<()>("x").await.unwrap_err();
    }
    assert_eq!(second.name(), format!("{base}#2"));
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 2);
    registry.clear_retry_override(&pattern).unwrap();
}

#[tokio::test(start_paused = true)]
async fn g08_a_client_with_the_name_of_an_origin_shares_and_a_client_without_a_name_does_not() {
    let (transport, _) = transport(200);
    let base = "http://g8-given.localhost";
    let given = unnamed(base, &transport).name(base).build().unwrap();
    let other = unnamed(base, &transport).build().unwrap();
    assert_eq!((given.name(), other.name()), (base, "http://g8-given.localhost#2"));
    let joins = unnamed(base, &transport).name(other.name()).build().unwrap();
    other.circuit_breaker().trip().unwrap();
    assert_eq!(joins.circuit_breaker().state(), CircuitState::Open);
    assert_eq!(given.circuit_breaker().state(), CircuitState::Closed);
}

#[test]
fn g08_clients_that_are_built_at_once_have_different_names_and_leave_nothing() {
    let (transport, _) = transport(200);
    let (base, all) = ("http://g8-many.localhost", Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..250 {
                    let api = unnamed(base, &transport).build().unwrap();
                    let _ = api.circuit_breaker();
                    all.lock().unwrap().push(api);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    let mut names: Vec<_> = all.iter().map(|api| api.name().to_owned()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 1_000);
    assert!(names.contains(&"http://g8-many.localhost#1000".to_owned()));
    drop(all);
    nothing_is_left_of(base, &transport);
}

#[tokio::test(start_paused = true)]
async fn g08_ten_thousand_failing_clients_without_a_name_leave_a_few_names_of_retries() {
    let (transport, _) = transport(503);
    let base = "http://g8-failing.localhost";
    for _ in 0..10_000 {
        let api = unnamed(base, &transport).no_retry().build().unwrap();
        api.get::<()>("x").await.unwrap_err();
    }
    // Each change of overrides by another test can make one name stay, and there are few of them.
    let retries = Registry::global().retries();
    let names = retries.iter().filter(|retry| retry.name().starts_with(base)).count();
    assert!((1..100).contains(&names), "{names}");
    nothing_is_left_of(base, &transport);
}

#[test]
fn g08_a_client_without_a_name_that_cannot_be_built_leaves_nothing() {
    let (transport, _) = transport(200);
    let refused =
        unnamed("http://g8-refused.localhost", &transport).idempotency_header("no header");
    assert!(refused.build().is_err());
    assert_eq!(registered("http://g8-refused.localhost"), [""; 0]);
    let next = unnamed("http://g8-refused.localhost", &transport).build().unwrap();
    assert_eq!(next.name(), "http://g8-refused.localhost");
}
