//! A function that retries with tokio-retry, and the same function with `#[retry]`.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::{Reply, Script};

mod before {
    // excerpt: before
    use std::time::Duration;

    use tokio_retry::RetryIf;
    use tokio_retry::strategy::{ExponentialBackoff, jitter};

    #[derive(Debug, PartialEq)]
    enum StockError {
        Unavailable,
        UnknownArticle,
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    async fn stock(warehouse: &impl Warehouse, article: &str) -> Result<u32, StockError> {
        let delays = ExponentialBackoff::from_millis(2)
            .factor(100) // 200 ms, 400 ms, 800 ms …
            .max_delay(Duration::from_secs(5))
            .map(jitter)
            .take(3);
        let retried = |error: &StockError| *error == StockError::Unavailable;
        RetryIf::start(delays, || warehouse.ask(article), retried).await
    }
    // end excerpt

    crate::support::follow_scripts!();

    pub(super) async fn call(script: &crate::support::Script) -> Result<u32, String> {
        stock(script, "teapot").await.map_err(|error| format!("{error:?}"))
    }
}

mod after {
    // excerpt: after
    use resilient::{Classify, retry};

    #[derive(Debug, Classify)]
    enum StockError {
        #[transient]
        Unavailable,
        #[answered]
        UnknownArticle,
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    #[retry(max_retries = 3, base_delay = "200ms", backoff_factor = 2, max_delay = "5s")]
    async fn stock(warehouse: &impl Warehouse, article: &str) -> Result<u32, StockError> {
        warehouse.ask(article).await
    }
    // end excerpt

    crate::support::follow_scripts!();

    pub(super) async fn call(script: &crate::support::Script) -> Result<u32, String> {
        stock(script, "teapot").await.map_err(|error| format!("{error:?}"))
    }
}

mod then {
    // excerpt: then
    use resilient::{Classify, TimedOut, retry};

    #[derive(Debug, Classify)]
    enum StockError {
        #[transient]
        Unavailable,
        #[answered]
        UnknownArticle,
        #[timed_out]
        TimedOut(TimedOut),
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    #[retry(attempt_timeout = "1s", deadline = "5s", budget = "warehouse")]
    async fn stock(warehouse: &impl Warehouse, article: &str) -> Result<u32, StockError> {
        warehouse.ask(article).await
    }
    // end excerpt

    crate::support::follow_scripts!();

    pub(super) async fn call(script: &crate::support::Script) -> Result<u32, String> {
        match stock(script, "teapot").await {
            Err(StockError::TimedOut(limit)) => Err(limit.to_string()),
            other => other.map_err(|error| format!("{error:?}")),
        }
    }
}

/// The mean of each delay of 400 calls, in milliseconds, and the longest of each.
async fn spread(call: impl AsyncFn(&Script)) -> Vec<(u128, u128)> {
    let mut sums = vec![(0, 0); 3];
    for _ in 0..400 {
        let script = Script::new(&[Reply::Unavailable]);
        call(&script).await;
        for (sum, delay) in sums.iter_mut().zip(script.delays()) {
            *sum = (sum.0 + delay, sum.1.max(delay));
        }
    }
    sums.into_iter().map(|(sum, longest)| (sum / 400, longest)).collect()
}

#[tokio::test(start_paused = true)]
async fn both_spread_each_delay_between_zero_and_the_same_limit() {
    let old = spread(async |script| drop(before::call(script).await)).await;
    let new = spread(async |script| drop(after::call(script).await)).await;
    for (limit, spread) in [200, 400, 800].into_iter().zip(old.iter().zip(&new)) {
        for &(mean, longest) in [spread.0, spread.1] {
            assert!(longest <= limit, "{longest} of {limit} ms");
            assert!(mean.abs_diff(limit / 2) < limit / 10, "{mean} of {limit} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn three_delays_are_three_retries_and_four_attempts() {
    let (old, new) = (Script::new(&[Reply::Unavailable]), Script::new(&[Reply::Unavailable]));
    assert_eq!(before::call(&old).await, after::call(&new).await);
    assert_eq!((old.attempts(), new.attempts()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn both_ask_once_about_an_unknown_article() {
    let (old, new) = (Script::new(&[Reply::UnknownArticle]), Script::new(&[Reply::UnknownArticle]));
    assert_eq!(before::call(&old).await, after::call(&new).await);
    assert_eq!((old.attempts(), new.attempts()), (1, 1));
}

#[test]
fn tokio_retry_raises_its_base_to_a_power() {
    use tokio_retry::strategy::ExponentialBackoff;

    let millis = |strategy: ExponentialBackoff| {
        strategy.take(4).map(|delay| delay.as_millis()).collect::<Vec<_>>()
    };
    assert_eq!(millis(ExponentialBackoff::from_millis(10)), [10, 100, 1000, 10_000]);
    assert_eq!(millis(ExponentialBackoff::from_millis(2).factor(50)), [100, 200, 400, 800]);
}

#[test]
fn both_wait_by_the_same_fibonacci_numbers() {
    use resilient::RetryPolicy;
    use resilient::retries::Backoff;
    use tokio_retry::strategy::FibonacciBackoff;

    let old = FibonacciBackoff::from_millis(10).factor(20).take(6);
    let policy = RetryPolicy::builder().max_retries(6).backoff(Backoff::Fibonacci);
    let policy = policy.base_delay("200ms").build().unwrap();
    assert_eq!(old.collect::<Vec<_>>(), policy.nominal_delays().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_warehouse_that_hangs_costs_at_most_the_deadline() {
    let (start, script) = (Instant::now(), Script::new(&[Reply::Hangs]));
    then::call(&script).await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(script.attempts() > 1);
}
