//! The routes for health checks.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use resilient::{BreakerConfig, Registry};
use resilient_tower::HealthRoutes;

use crate::get;

const OK: StatusCode = StatusCode::OK;
const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

async fn ready(router: &Router) -> (StatusCode, String) {
    let reply = get(router, "/health/ready", &[]).await;
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
    (reply.status, reply.text)
}

#[tokio::test(start_paused = true)]
async fn only_critical_circuits_make_the_process_unready() {
    let registry = Registry::new();
    let router: Router = HealthRoutes::of(registry.clone()).critical("warehouse").router();
    let breaker = |name| registry.get_or_register(name, BreakerConfig::default());
    let text = |text: &str| text.to_owned();
    // No call has used the name.
    assert_eq!(ready(&router).await, (OK, text("ready\n")));
    breaker("other").force_open();
    breaker("warehouse");
    assert_eq!(ready(&router).await, (OK, text("ready\nwarehouse: closed\n")));
    breaker("warehouse").trip().unwrap();
    assert_eq!(ready(&router).await, (DOWN, text("not ready\nwarehouse: open\n")));
    breaker("warehouse").force_open();
    assert_eq!(ready(&router).await, (DOWN, text("not ready\nwarehouse: forced_open\n")));
    breaker("warehouse").disable();
    assert_eq!(ready(&router).await, (OK, text("ready\nwarehouse: disabled\n")));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_is_ready_again_after_its_recovery_time_without_any_request() {
    let registry = Registry::new();
    let config = BreakerConfig::builder().recovery_time(Duration::from_secs(5)).build().unwrap();
    let breaker = registry.get_or_register("warehouse", config);
    let router: Router = HealthRoutes::of(registry).critical("warehouse").router();
    breaker.trip().unwrap();
    assert_eq!(ready(&router).await.0, DOWN);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(ready(&router).await, (OK, "ready\nwarehouse: half_open\n".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn critical_names_can_be_given_by_prefix_and_appear_once() {
    let registry = Registry::new();
    let router: Router = HealthRoutes::of(registry.clone())
        .critical("database.read")
        .critical_prefix("database.")
        .router();
    for name in ["database.write", "database.read", "databases"] {
        let _ = registry.get_or_register(name, BreakerConfig::default());
    }
    registry.named("databases").force_open();
    let text = "ready\ndatabase.read: closed\ndatabase.write: closed\n";
    assert_eq!(ready(&router).await, (OK, text.to_owned()));
    registry.named("database.write").force_open();
    assert_eq!(ready(&router).await.0, DOWN);
}

#[tokio::test(start_paused = true)]
async fn a_name_with_keys_is_open_when_all_its_keys_are_and_no_key_is_shown() {
    let registry = Registry::new();
    let shards = registry.get_or_register_keyed::<String>("shards", BreakerConfig::default());
    let router: Router = HealthRoutes::of(registry).critical_prefix("").router();
    let [a, b] = ["tenant-a", "tenant-b"].map(|key| shards.get(key));
    a.trip().unwrap();
    assert_eq!(ready(&router).await, (OK, "ready\nshards: 1 of 2 keys open\n".to_owned()));
    b.trip().unwrap();
    assert_eq!(ready(&router).await, (DOWN, "not ready\nshards: 2 of 2 keys open\n".to_owned()));
}

#[tokio::test]
async fn the_process_is_alive_whatever_its_circuits_say() {
    let registry = Registry::new();
    registry.get_or_register("warehouse", BreakerConfig::default()).force_open();
    let router: Router = HealthRoutes::of(registry).critical_prefix("").router();
    let reply = get(&router, "/health/live", &[]).await;
    assert_eq!((reply.status, &*reply.text), (OK, "live\n"));
}

#[tokio::test]
async fn the_global_registry_is_the_default() {
    Registry::global().get_or_register("health-global", BreakerConfig::default()).force_open();
    let router: Router = HealthRoutes::default().critical("health-global").router();
    assert_eq!(ready(&router).await, (DOWN, "not ready\nhealth-global: forced_open\n".to_owned()));
}
