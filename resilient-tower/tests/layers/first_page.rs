//! The code of the README.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::CircuitOpen;
use resilient::breaker::CircuitState;

static ASKED: AtomicU32 = AtomicU32::new(0);

// excerpt: stack
use std::time::Duration;

use resilient::{BreakerConfig, CircuitBreaker, ConfigError, RetryPolicy};
use resilient_tower::{BreakerLayer, DeadlineLayer, RetryLayer, TimeoutLayer};
use tower::{BoxError, Service, ServiceBuilder, service_fn};

/// Asks the stock service how many of an article there are.
fn stock(breaker: CircuitBreaker) -> impl Service<u32, Response = u32, Error = BoxError> {
    let retry = RetryLayer::new(RetryPolicy::DEFAULT).boxed_errors();
    ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(5))) // the whole call
        .layer(retry.through(breaker.clone()))
        .layer(BreakerLayer::new(breaker).boxed_errors())
        .layer(TimeoutLayer::new(Duration::from_secs(2))) // one attempt
        .service(service_fn(async |article| Ok(fetch(article).await?)))
}

/// Send the request to your service here. This one is down.
#[expect(clippy::unused_async, reason = "a real client awaits its response")] // not shown
async fn fetch(_article: u32) -> std::io::Result<u32> {
    ASKED.fetch_add(1, SeqCst); // not shown
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

fn breaker() -> Result<CircuitBreaker, ConfigError> {
    let config = BreakerConfig::builder().failure_threshold(5).recovery_time("30s");
    Ok(CircuitBreaker::new("stock", config.build()?))
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn the_example_retries_and_stops_calls_to_a_service_that_is_down() {
    let breaker = breaker().unwrap();
    let mut stock = stock(breaker.clone());
    for attempts in [4, 5] {
        let error = call(&mut stock).await;
        assert!(error.is::<std::io::Error>());
        assert_eq!(ASKED.load(SeqCst), attempts);
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert!(call(&mut stock).await.is::<CircuitOpen>());
    assert_eq!(ASKED.load(SeqCst), 5);
}

async fn call(stock: &mut impl Service<u32, Response = u32, Error = BoxError>) -> BoxError {
    std::future::poll_fn(|cx| stock.poll_ready(cx)).await.unwrap();
    stock.call(1).await.unwrap_err()
}
