//! When a circuit of a client opens, its transport drops its idle connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use resilient::CircuitBreaker;
use resilient_http::{
    ApiClient, ApiClientBuilder, BreakerConfig, Exchange, Phase, Transport, TransportError,
    TransportRequest,
};

/// Never reaches a server, and counts how often its idle connections are dropped.
#[derive(Clone, Default)]
struct Unreachable(Arc<AtomicUsize>);

impl Unreachable {
    fn drops(&self) -> usize {
        self.0.load(SeqCst)
    }

    fn client(&self) -> ApiClientBuilder {
        let opens_at_once = BreakerConfig::builder().failure_threshold(1).build().unwrap();
        ApiClient::builder("http://localhost")
            .transport(self.clone())
            .no_retry()
            .circuit_breaker(opens_at_once)
    }
}

impl Transport for Unreachable {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        Box::pin(async { Err(TransportError::connection(Phase::Connect, "no route")) })
    }

    fn drop_idle_connections(&self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[tokio::test]
async fn they_are_dropped_when_the_circuit_of_any_origin_opens_or_is_forced_open() {
    let transport = Unreachable::default();
    let api = transport.client().allow_origin("http://127.0.0.1").build().unwrap();
    api.get::<()>("x").await.unwrap_err();
    assert_eq!(transport.drops(), 1);
    api.get::<()>("http://127.0.0.1/x").await.unwrap_err();
    assert_eq!(transport.drops(), 2);
    api.circuit_breaker().force_open();
    assert_eq!(transport.drops(), 3);
    api.circuit_breaker().close();
    assert_eq!(transport.drops(), 3);
}

#[tokio::test]
async fn a_shared_circuit_drops_those_of_all_its_clients_until_they_are_closed_or_gone() {
    let transports = [(); 3].map(|()| Unreachable::default());
    let breaker = CircuitBreaker::new("shared", BreakerConfig::default());
    let clients = transports.clone().map(|transport| {
        transport.client().shared_circuit_breaker(breaker.clone()).build().unwrap()
    });
    let [kept, closed, dropped] = clients;
    let drops = || transports.each_ref().map(Unreachable::drops);
    breaker.trip().unwrap();
    assert_eq!(drops(), [1, 1, 1]);
    closed.close();
    drop(dropped);
    breaker.close();
    breaker.trip().unwrap();
    assert_eq!(drops(), [2, 1, 1]);
    assert!(!kept.is_closed());
    // The breaker keeps no client, and no transport, alive.
    drop((kept, closed));
    assert!(transports.iter().all(|transport| Arc::strong_count(&transport.0) == 1));
}

#[tokio::test]
async fn those_of_another_client_are_dropped_when_the_circuit_of_a_client_that_uses_them_opens() {
    let transport = Unreachable::default();
    let owner = transport.client().build().unwrap();
    let opens_at_once = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let api = ApiClient::builder("http://localhost")
        .connections_of(&owner)
        .no_retry()
        .circuit_breaker(opens_at_once)
        .build()
        .unwrap();
    api.get::<()>("x").await.unwrap_err();
    assert_eq!(transport.drops(), 1);
}
