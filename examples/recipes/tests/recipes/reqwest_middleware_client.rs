//! The recipe for reqwest-middleware against an HTTP server.

use example_recipes::reqwest_middleware_client::{client, reason};
use resilient::breaker::CircuitState;
use resilient::testing::Scope;
use resilient::{Registry, RetryBudget};

use crate::upstream::{Behaviour, Upstream};

fn budget() -> RetryBudget {
    Registry::global().budget("hosts").unwrap()
}

#[tokio::test]
async fn a_request_is_retried_until_the_circuit_of_its_host_opens() {
    let mut server = Upstream::start("40");
    let client = client().unwrap();
    server.once(Behaviour::Responds(503, ""));
    let url = format!("{}/stock", server.url());
    let response = Scope::new().run(client.get(&url).send()).await.unwrap();
    assert_eq!(response.text().await.unwrap(), "40");
    assert_eq!(server.received().len(), 2);
    assert!(budget().snapshot().counts.granted > 0);

    server.set(Behaviour::Responds(503, ""));
    let hosts = Registry::global().get_keyed::<String>("hosts").unwrap();
    let host = server.url().trim_start_matches("http://").to_owned();
    while hosts.get(&host).state() == CircuitState::Closed {
        let _last = Scope::new().run(client.get(&url).send()).await;
    }
    server.received();
    let error = client.get(&url).send().await.unwrap_err();
    assert_eq!(reason(&error), "not sent, because the circuit of the host is open");
    assert!(server.received().is_empty());
    server.end();

    // Another host.
    let other = Upstream::start("other");
    let response = client.get(format!("{}/stock", other.url())).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "other");
}
