//! The recipe for axum: a service on a port, and a warehouse behind it.

use std::net::SocketAddr;

use example_recipes::axum_handler::{Shop, routes};
use reqwest::Response;
use resilient::Registry;
use resilient::breaker::CircuitState;
use tokio::net::TcpListener;

use crate::support::{self, Time, Turn};
use crate::upstream::{Behaviour, Upstream};

struct Service {
    turn: Turn<Upstream>,
    address: SocketAddr,
}

impl Service {
    async fn start() -> Self {
        static SERVER: support::Server<Upstream> = support::Server::const_new(None);
        let mut turn = Turn::take(&SERVER, "warehouse", || Some(Upstream::start("40")))
            .await
            .unwrap();
        turn.server().reset("40");
        let shop = Shop::new(turn.server().url().parse().unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, routes(shop)).into_future());
        Self { turn, address }
    }

    async fn get(&self, path: &str) -> Response {
        reqwest::get(format!("http://{}{path}", self.address)).await.unwrap()
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }
}

#[tokio::test]
async fn a_request_gets_what_the_warehouse_says() {
    let mut service = Service::start().await;
    assert_eq!(service.get("/stock/kettle").await.text().await.unwrap(), "40");
    let before = service.turn.totals();
    service.turn.server().set(Behaviour::Responds(404, ""));
    assert_eq!(service.status("/stock/sofa").await, 404);
    assert_eq!(service.status("/stock/..%2Forders").await, 404);
    assert_eq!(service.turn.totals(), (before.0 + 2, before.1));
    let paths: Vec<_> =
        service.turn.server().received().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/stock/kettle", "/stock/sofa", "/stock/..%2Forders"]);
}

#[tokio::test]
async fn an_open_circuit_is_503_with_the_seconds_to_wait_and_the_process_stays_alive() {
    let mut service = Service::start().await;
    service.turn.set_time(Time::Real);
    service.turn.server().set(Behaviour::Responds(500, ""));
    while service.turn.server().received().len() < 5 {
        // The last of these calls may be rejected.
        let status = service.status("/stock/kettle").await;
        assert!([502, 503].contains(&status), "{status}");
        if Registry::global().get("warehouse").unwrap().state() == CircuitState::Open {
            break;
        }
    }
    service.turn.server().received();
    let rejected = service.get("/stock/kettle").await;
    assert_eq!(rejected.status(), 503);
    assert_eq!(rejected.headers()["retry-after"], "5");
    assert!(service.turn.server().received().is_empty());
    assert_eq!(service.status("/health/live").await, 200);
    let unready = service.get("/health/ready").await;
    assert_eq!(unready.status(), 503);
    assert_eq!(unready.text().await.unwrap(), "not ready\nwarehouse: open\n");

    service.turn.server().set(Behaviour::Responds(200, "39"));
    service.turn.recover();
    assert_eq!(service.get("/stock/kettle").await.text().await.unwrap(), "39");
    assert_eq!(service.turn.state(), CircuitState::Closed);
    assert_eq!(service.status("/health/ready").await, 200);
}

#[tokio::test]
async fn a_caller_that_waits_no_longer_gets_504_and_the_warehouse_is_not_asked() {
    let mut service = Service::start().await;
    let url = format!("http://{}/stock/kettle", service.address);
    let request =
        reqwest::Client::new().get(url).header("x-envoy-expected-rq-timeout-ms", "0");
    assert_eq!(request.send().await.unwrap().status(), 504);
    assert!(service.turn.server().received().is_empty());
}

#[tokio::test]
async fn a_warehouse_that_hangs_is_504() {
    let mut service = Service::start().await;
    service.turn.server().set(Behaviour::Hangs);
    // The client, the service and the warehouse talk over real connections, so this waits.
    service.turn.set_time(Time::Real);
    assert_eq!(service.status("/stock/kettle").await, 504);
    assert_eq!(service.turn.server().received().len(), 2);
}

#[tokio::test]
async fn a_warehouse_that_is_gone_is_502() {
    let mut service = Service::start().await;
    service.turn.set_time(Time::Real);
    service.turn.server().end();
    assert_eq!(service.status("/stock/kettle").await, 502);
    service.turn.server().restart();
    assert_eq!(service.status("/stock/kettle").await, 200);
}
