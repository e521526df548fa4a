//! The code of the README.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::CircuitOpen;
use resilient::breaker::CircuitState;

/// Asks the stock service, which is down.
#[expect(clippy::unused_async, reason = "a real client awaits its response")]
async fn fetch(_article: u32) -> Result<u32, std::io::Error> {
    ASKED.fetch_add(1, SeqCst);
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

static ASKED: AtomicU32 = AtomicU32::new(0);

// excerpt: stack
use resilient::{BreakerConfig, CircuitBreaker};
use resilient_tower::BreakerLayer;
use tower::{BoxError, Service, ServiceBuilder, service_fn};

fn stock(breaker: CircuitBreaker) -> impl Service<u32, Response = u32, Error = BoxError> {
    ServiceBuilder::new()
        .layer(BreakerLayer::new(breaker))
        .service(service_fn(async |article| Ok(fetch(article).await?)))
}

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new("stock", BreakerConfig::default())
}
// end excerpt

#[tokio::test]
async fn the_example_stops_calls_to_a_service_that_is_down() {
    use tower::ServiceExt;
    let breaker = breaker();
    let mut stock = stock(breaker.clone());
    for _ in 0..5 {
        let error = stock.ready().await.unwrap().call(1).await.unwrap_err();
        assert!(error.is::<std::io::Error>());
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    let error = stock.ready().await.unwrap().call(1).await.unwrap_err();
    assert!(error.is::<CircuitOpen>());
    assert_eq!(ASKED.load(SeqCst), 5);
}
