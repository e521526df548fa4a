//! The shorter examples of the first page.

use resilient::breaker::CircuitState;
use resilient_testkit::{ms, secs};
use tokio::time::Instant;

use super::provider::{Mood, Provider, breaker, send};
use crate::{PayError, charge};

// excerpt: fallback
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, fallback, retry, timeout};

#[derive(Debug, Classify)]
enum PriceError {
    #[transient]
    NoResponse,
    #[circuit_open]
    Rejected(CircuitOpen),
    #[timed_out]
    TimedOut(TimedOut),
}

#[fallback(with = |_| yesterdays_price(article))]
#[retry(max_retries = 2, deadline = "3s", budget = "prices")]
#[circuit_breaker(name = "prices")]
#[timeout("1s")]
async fn price(article: &str) -> Result<u32, PriceError> {
    // Ask the price service here.
    Err(PriceError::NoResponse)
}

fn yesterdays_price(article: &str) -> Result<u32, PriceError> {
    // Look into a cache here.
    if article == "tea" { Ok(250) } else { Err(PriceError::NoResponse) }
}
// end excerpt

// excerpt: operators
use resilient::Registry;

fn stop_payments() {
    let registry = Registry::global();
    registry.on_event(|event| println!("{}: {:?}", event.name(), event.kind()));
    if let Some(payments) = registry.get("payments") {
        println!("{:?}", payments.snapshot()); // state, window, totals, last failures
        payments.force_open(); // until `payments.close()`
    }
}
// end excerpt

// excerpt: by hand
use std::time::Duration;

use resilient::{BreakerConfig, CircuitBreaker, ConfigError, RetryPolicy};

struct Refunds {
    breaker: CircuitBreaker,
    policy: RetryPolicy,
}

impl Refunds {
    fn new() -> Result<Self, ConfigError> {
        let config = BreakerConfig::builder().recovery_time(Duration::from_secs(10)).build()?;
        let breaker = CircuitBreaker::new("refunds", config);
        Ok(Self { breaker, policy: RetryPolicy::builder().max_retries(2).build()? })
    }

    async fn refund(&self, key: &str, cents: u64) -> Result<String, PayError> {
        let call = self.policy.call().classified().through(&self.breaker);
        let call = call.attempt_timeout(Duration::from_secs(2));
        call.deadline(Duration::from_secs(5)).run(|_attempt| send(key, cents)).await
    }
}
// end excerpt

#[tokio::test]
async fn a_fallback_replaces_the_error_of_the_last_attempt() {
    assert_eq!(price("tea").await.unwrap(), 250);
    assert!(price("coffee").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_operator_stops_calls_by_name_and_lets_them_go_on() {
    let provider = Provider::with(Mood::Works).await;
    stop_payments();
    assert!(matches!(charge("order", 450).await, Err(PayError::Rejected(_))));
    breaker().close();
    assert!(charge("order", 450).await.is_ok());
    assert_eq!(provider.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_policy_and_a_breaker_by_hand_do_what_the_attributes_do() {
    let refunds = Refunds::new().unwrap();
    let provider = Provider::with(Mood::Refuses).await;
    assert!(matches!(refunds.refund("refund", 450).await, Err(PayError::NoResponse)));
    assert_eq!(provider.requests(), 3);
    provider.becomes(Mood::Declines);
    assert!(matches!(refunds.refund("refund", 450).await, Err(PayError::Declined)));
    assert_eq!(provider.requests(), 4);

    provider.becomes(Mood::Hangs);
    let start = Instant::now();
    for _ in 0..3 {
        assert!(matches!(refunds.refund("refund", 450).await, Err(PayError::TimedOut(_))));
    }
    assert!(start.elapsed() <= secs(12) + ms(500), "{:?}", start.elapsed());
    assert_eq!((provider.requests(), refunds.breaker.state()), (4 + 7, CircuitState::Open));
    assert!(matches!(refunds.refund("refund", 450).await, Err(PayError::Rejected(_))));
}
