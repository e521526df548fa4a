//! The layers on a router, and on a real server of axum.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::routing;
use http::StatusCode;
use resilient::deadline::remaining;
use resilient::retries::attempt_number;
use resilient::{BreakerConfig, CircuitBreaker};
use resilient_tower::{BreakerLayer, HealthRoutes, IncomingDeadlineLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::get;

const TIME: &str = "x-envoy-expected-rq-timeout-ms";
const SECOND: Duration = Duration::from_secs(1);

/// A router with the layers, whose errors are `Infallible`.
fn router(breaker: &CircuitBreaker, deadline: IncomingDeadlineLayer) -> Router {
    let context = async || format!("{:?} {}", remaining().is_some(), attempt_number());
    let fails = async || StatusCode::INTERNAL_SERVER_ERROR;
    Router::new()
        .route("/context", routing::get(context))
        .route("/hangs", routing::get(async || pending::<()>().await))
        .route("/fails", routing::get(fails))
        .layer(BreakerLayer::new(breaker.clone()).http().respond())
        .layer(deadline.max(SECOND).respond())
        .merge(HealthRoutes::new().router())
}

#[tokio::test(start_paused = true)]
async fn d07_a_router_ends_at_the_deadline_of_its_caller_and_opens_no_circuit() {
    let breaker = CircuitBreaker::default();
    let router = router(&breaker, IncomingDeadlineLayer::new());
    let start = Instant::now();
    for _ in 0..20 {
        let reply = get(&router, "/hangs", &[(TIME, "50")]).await;
        assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT);
    }
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(get(&router, "/hangs", &[(TIME, "99999999")]).await.status.as_u16(), 504);
    assert_eq!(start.elapsed(), 2 * SECOND);
    assert_eq!(get(&router, "/context", &[]).await.text, "true 1");
    assert_eq!(breaker.snapshot().totals.abandoned, 21);
}

#[tokio::test(start_paused = true)]
async fn a_router_responds_with_503_while_its_circuit_is_open() {
    let config = BreakerConfig::builder().failure_threshold(2).recovery_time(7 * SECOND);
    let breaker = CircuitBreaker::new("own", config.build().unwrap());
    let router = router(&breaker, IncomingDeadlineLayer::new());
    for _ in 0..2 {
        assert_eq!(get(&router, "/fails", &[]).await.status.as_u16(), 500);
    }
    let reply = get(&router, "/context", &[]).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.headers["retry-after"], "7");
    // Routes that are merged after the layers are outside of them.
    assert_eq!(get(&router, "/health/live", &[]).await.status, StatusCode::OK);
}

/// Sends a request as text, and returns the whole response.
async fn exchange(address: std::net::SocketAddr, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /context HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn d07_a_real_server_reads_the_headers_of_each_request() {
    let deadline = IncomingDeadlineLayer::new();
    let router = router(&CircuitBreaker::default(), deadline.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    let ok = exchange(address, &format!("{TIME}: 60000\r\nx-envoy-attempt-count: 3\r\n")).await;
    assert!(ok.starts_with("HTTP/1.1 200 ") && ok.ends_with("true 3"), "{ok}");
    let late = exchange(address, &format!("{TIME}: 0\r\n")).await;
    assert!(late.starts_with("HTTP/1.1 504 "), "{late}");
    assert!(late.ends_with("the time for this request is up\n"), "{late}");
    let twice = exchange(address, &format!("{TIME}: 0\r\n{TIME}: 0\r\n")).await;
    assert!(twice.starts_with("HTTP/1.1 200 ") && twice.ends_with("true 1"), "{twice}");
    // Not ASCII.
    let bytes = exchange(address, &format!("{TIME}: \u{665}\r\n")).await;
    assert!(bytes.starts_with("HTTP/1.1 200 "), "{bytes}");
    assert_eq!((deadline.counts().late, deadline.counts().unreadable), (1, 2));
    server.abort();
}
