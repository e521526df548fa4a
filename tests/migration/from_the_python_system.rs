//! The decorators of the Python system as attributes.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::{Reply, Script};

mod after {
    // excerpt: after
    use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

    #[derive(Debug, Classify)]
    enum StockError {
        #[transient]
        Unavailable,
        #[answered]
        UnknownArticle,
        #[circuit_open]
        CircuitOpen(CircuitOpen),
        #[timed_out]
        TimedOut(TimedOut),
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    #[retry(
        max_retries = 3,
        base_delay = "1s",
        max_delay = "60s",
        jitter = 0.2,
        attempt_timeout = "10s"
    )]
    #[circuit_breaker(name = "stock", failure_threshold = 5, recovery_time = "30s")]
    async fn stock(warehouse: &impl Warehouse, article: &str) -> Result<u32, StockError> {
        warehouse.ask(article).await
    }
    // end excerpt

    crate::support::follow_scripts!();

    pub(super) async fn call(script: &crate::support::Script) -> Result<u32, String> {
        match stock(script, "teapot").await {
            Err(StockError::CircuitOpen(_)) => Err("rejected".to_owned()),
            Err(StockError::TimedOut(limit)) => Err(limit.to_string()),
            other => other.map_err(|error| format!("{error:?}")),
        }
    }
}

// One test, because all calls of the function share the breaker "stock".
#[tokio::test(start_paused = true)]
async fn the_breaker_stands_inside_the_retry_and_sees_each_attempt() {
    let unknown = Script::new(&[Reply::UnknownArticle]);
    for _ in 0..10 {
        assert_eq!(after::call(&unknown).await, Err("UnknownArticle".to_owned()));
    }
    assert_eq!(unknown.attempts(), 10);

    let script = Script::new(&[Reply::Unavailable]);
    let start = Instant::now();
    assert_eq!(after::call(&script).await, Err("Unavailable".to_owned()));
    assert_eq!(script.attempts(), 4);
    let delays = script.delays();
    for (delay, nominal) in delays.iter().zip([1000, 2000, 4000]) {
        assert!(delay.abs_diff(nominal) <= nominal / 5, "{delays:?}");
    }
    // The fifth failure in a row opens the circuit, which ends the loop at once.
    assert_eq!(after::call(&script).await, Err("Unavailable".to_owned()));
    assert_eq!(script.attempts(), 5);
    assert_eq!(after::call(&script).await, Err("rejected".to_owned()));
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());

    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(after::call(&Script::new(&[Reply::Stock(7)])).await, Ok(7));
}
