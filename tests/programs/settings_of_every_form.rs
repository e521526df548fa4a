//! Settings may be literals in every notation, or expressions of the right type.

use std::time::Duration;

use resilient::retries::{Backoff, Jitter};
use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryPolicy, circuit_breaker, retry};

const NAME: &str = "of a const";
const RETRIES: u32 = 2;
const DELAY: Duration = Duration::from_millis(5);
static POLICY: RetryPolicy = RetryPolicy::DEFAULT;

const fn double(n: u32) -> u32 {
    n * 2
}

fn schedule(k: u32) -> Option<Duration> {
    Some(DELAY * k)
}

#[retry(
    max_retries = 0x2,
    base_delay = "1ms",
    max_delay = "1 hour 2 min 3s 4ms5us6ns",
    backoff_factor = 1e0,
    jitter = "12.5%"
)]
fn literals() -> Option<u32> {
    Some(1)
}

#[retry(
    max_attempts = 1_0u32,
    base_delay = "0.5s",
    jitter = 0,
    max_retry_after = "0s",
    max_elapsed = "1d",
    backoff_factor = 2.5f64
)]
fn more_literals() -> Option<u32> {
    Some(1)
}

#[retry(
    max_retries = double(RETRIES),
    base_delay = DELAY,
    max_delay = DELAY * 2,
    backoff = schedule,
    jitter = 1.0 / 4.0
)]
fn expressions() -> Option<u32> {
    Some(1)
}

#[retry(
    max_retries = N,
    backoff = |k| Some(Duration::from_nanos(u64::from(k))),
    base_delay = Duration::ZERO
)]
fn generic<const N: u32>() -> Option<u32> {
    None
}

#[retry(policy = POLICY)]
fn of_a_static() -> Option<u32> {
    Some(1)
}

#[retry(
    policy = RetryPolicy::builder()
        .max_retries(retries)
        .jitter(Jitter::None)
        .backoff(Backoff::Constant)
        .base_delay(DELAY)
        .build()
        .unwrap()
)]
async fn built(retries: u32) -> Option<u32> {
    None
}

#[circuit_breaker(
    name = NAME,
    failure_threshold = double(1),
    failure_span = DELAY,
    recovery_time = DELAY,
    recovery_jitter = "0%",
    half_open_failures = 0
)]
fn of_a_const() -> Option<u32> {
    None
}

#[circuit_breaker(
    name = r#"raw "text""#,
    recovery_factor = 1.5,
    max_recovery_time = "10m",
    abandoned = ignore
)]
fn raw() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(name = concat!("of ", "a macro"))]
fn of_a_macro() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(breaker = breaker)]
fn given(breaker: &CircuitBreaker) -> Option<u32> {
    None
}

#[circuit_breaker(breaker = CircuitBreaker::new("by hand", BreakerConfig::default()))]
async fn made() -> Option<u32> {
    None
}

#[retry()]
#[circuit_breaker()]
fn empty() -> Option<u32> {
    Some(1)
}

#[retry {max_retries = 1}]
#[circuit_breaker[failure_threshold = 1]]
fn other_brackets() -> Option<u32> {
    Some(1)
}

#[tokio::test]
async fn runs() {
    assert!(
        [
            literals(),
            more_literals(),
            expressions(),
            of_a_static(),
            raw(),
            of_a_macro(),
            empty(),
            other_brackets()
        ]
        .iter()
        .all(Option::is_some)
    );
    assert_eq!(generic::<2>(), None);
    assert_eq!(built(1).await, None);
    of_a_const();
    let breaker = Registry::global().get("of a const").unwrap();
    let config = BreakerConfig::builder().failure_threshold(2).failure_span(DELAY);
    assert_eq!(breaker.config(), config.recovery_time(DELAY).build().unwrap());
    for name in ["raw \"text\"", "of a macro"] {
        assert!(Registry::global().get(name).is_some(), "{name}");
    }
    given(&breaker);
    assert_eq!(breaker.snapshot().totals.failure, 2);
    made().await;
}
