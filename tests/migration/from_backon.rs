//! A function that retries with backon, and the same function with `#[retry]`.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::{Reply, Script};

mod before {
    // excerpt: before
    use std::time::Duration;

    use backon::{ExponentialBuilder, Retryable};

    #[derive(Debug, PartialEq)]
    enum StockError {
        Unavailable,
        UnknownArticle,
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    async fn stock(warehouse: &impl Warehouse, article: &str) -> Result<u32, StockError> {
        let delays = ExponentialBuilder::default().with_min_delay(Duration::from_millis(100));
        (|| warehouse.ask(article))
            .retry(delays)
            .when(|error| *error == StockError::Unavailable)
            .notify(|error, delay| eprintln!("{error:?}: again in {delay:?}"))
            .await
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

    #[retry(
        base_delay = "100ms",
        max_delay = "60s",
        jitter = none,
        on_retry = |retry| eprintln!("{:?}: again in {:?}", retry.error(), retry.delay()),
    )]
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

    #[retry(attempt_timeout = "1s", deadline = "5s")]
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

#[tokio::test(start_paused = true)]
async fn both_retry_three_times_after_the_same_delays() {
    let (old, new) = (Script::new(&[Reply::Unavailable]), Script::new(&[Reply::Unavailable]));
    assert_eq!(before::call(&old).await, after::call(&new).await);
    assert_eq!(old.delays(), [100, 200, 400]);
    assert_eq!(new.delays(), [100, 200, 400]);
}

#[tokio::test(start_paused = true)]
async fn both_return_the_success_of_a_later_attempt() {
    let replies = [Reply::Unavailable, Reply::Unavailable, Reply::Stock(7)];
    let (old, new) = (Script::new(&replies), Script::new(&replies));
    assert_eq!(before::call(&old).await, Ok(7));
    assert_eq!(after::call(&new).await, Ok(7));
    assert_eq!(old.delays(), new.delays());
}

#[tokio::test(start_paused = true)]
async fn both_ask_once_about_an_unknown_article() {
    let (old, new) = (Script::new(&[Reply::UnknownArticle]), Script::new(&[Reply::UnknownArticle]));
    assert_eq!(before::call(&old).await, Err("UnknownArticle".to_owned()));
    assert_eq!(after::call(&new).await, Err("UnknownArticle".to_owned()));
    assert_eq!((old.attempts(), new.attempts()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_delays_of_the_builder_go_on_up_to_a_minute() {
    use backon::{BackoffBuilder, ExponentialBuilder};
    use resilient::RetryPolicy;
    use resilient::retries::Jitter;

    let old = ExponentialBuilder::default().with_max_times(8).build();
    let policy = RetryPolicy::builder()
        .max_retries(8)
        .base_delay(Duration::from_secs(1))
        .max_delay(Duration::from_secs(60))
        .jitter(Jitter::None)
        .build()
        .unwrap();
    let new: Vec<Duration> = policy.nominal_delays().collect();
    assert_eq!(old.collect::<Vec<_>>(), new);
}

#[tokio::test(start_paused = true)]
async fn backon_adds_its_jitter_to_the_delay() {
    use backon::{BackoffBuilder, ExponentialBuilder};

    let builder = ExponentialBuilder::default().with_max_times(1).with_jitter();
    for seed in 0..100 {
        let delay = builder.with_jitter_seed(seed).build().next().unwrap();
        assert!(delay >= Duration::from_secs(1) && delay < Duration::from_secs(2), "{delay:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_third_of_jitter_on_a_longer_delay_is_nearly_the_jitter_of_backon() {
    #[resilient::retry(max_retries = 1, base_delay = "1500ms", max_delay = "120s", jitter = 0.33)]
    async fn after(asked: &mut Vec<Instant>) -> Result<(), ()> {
        asked.push(Instant::now());
        Err(())
    }
    for _ in 0..100 {
        let mut asked = Vec::new();
        after(&mut asked).await.unwrap_err();
        let delay = asked[1] - asked[0];
        // Between 1 and 2 seconds, as above, and the millisecond that a timer can be late.
        assert!(delay >= Duration::from_secs(1), "{delay:?}");
        assert!(delay <= Duration::from_millis(2001), "{delay:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_constant_delay_is_exact_without_jitter() {
    use backon::{BackoffBuilder, ConstantBuilder};

    #[resilient::retry(backoff = constant, base_delay = "1s", jitter = none)]
    async fn after(asked: &mut Vec<Instant>) -> Result<(), ()> {
        asked.push(Instant::now());
        Err(())
    }
    let mut asked = Vec::new();
    after(&mut asked).await.unwrap_err();
    let delays: Vec<u64> = asked.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    let old: Vec<u64> = ConstantBuilder::default().build().map(|delay| delay.as_secs()).collect();
    assert_eq!((delays, old), (vec![1, 1, 1], vec![1, 1, 1]));
}

#[tokio::test(start_paused = true)]
async fn a_warehouse_that_hangs_costs_at_most_the_deadline() {
    let (start, script) = (Instant::now(), Script::new(&[Reply::Hangs]));
    let error = then::call(&script).await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(script.attempts() > 1, "{error}");
}

#[tokio::test(start_paused = true)]
async fn backon_waits_for_ever_for_a_warehouse_that_hangs() {
    let script = Script::new(&[Reply::Hangs]);
    let hour = Duration::from_secs(3600);
    assert!(tokio::time::timeout(hour, before::call(&script)).await.is_err());
    assert_eq!(script.attempts(), 1);
}

#[test]
fn both_wait_by_the_same_fibonacci_numbers() {
    use backon::{BackoffBuilder, FibonacciBuilder};
    use resilient::RetryPolicy;
    use resilient::retries::Backoff;

    let old = FibonacciBuilder::default().with_max_times(6).build();
    let policy = RetryPolicy::builder()
        .max_retries(6)
        .backoff(Backoff::Fibonacci)
        .base_delay("1s")
        .max_delay("60s");
    let policy = policy.build().unwrap();
    assert_eq!(old.collect::<Vec<_>>(), policy.nominal_delays().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_largest_number_of_retries_is_as_good_as_no_limit() {
    #[resilient::retry(max_retries = 4_294_967_295, base_delay = "1ms", max_delay = "1ms")]
    async fn after(attempts: &mut u32) -> Result<(), ()> {
        *attempts += 1;
        if *attempts > 1000 { Ok(()) } else { Err(()) }
    }
    assert_eq!(after(&mut 0).await, Ok(()));
}
