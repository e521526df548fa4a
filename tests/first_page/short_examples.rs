//! The shorter example of the first page, and what it says about operators.

use resilient::Registry;
use resilient::breaker::CircuitState;

use super::provider::{Mood, Provider};
use crate::{PayError, charge};

// excerpt: fallback
use resilient::{circuit_breaker, fallback, retry, timeout};

#[fallback(with = |()| yesterdays_price(article))]
#[retry(max_retries = 2, deadline = "3s", budget = "prices")]
#[circuit_breaker(name = "prices")]
#[timeout("1s")]
async fn price(article: &str) -> Option<u32> {
    // Ask the price service here.
    None
}

fn yesterdays_price(article: &str) -> Option<u32> {
    // Look into a cache here.
    if article == "tea" { Some(250) } else { None }
}
// end excerpt

#[tokio::test]
async fn a_fallback_replaces_the_error_of_the_last_attempt() {
    assert_eq!(price("tea").await, Some(250));
    assert_eq!(price("coffee").await, None);
}

#[tokio::test(start_paused = true)]
async fn an_operator_stops_calls_by_name_and_lets_them_go_on() {
    let provider = Provider::with(Mood::Works).await;
    let payments = Registry::global().get("payments").unwrap();
    payments.force_open();
    assert!(matches!(charge("order", 450).await, Err(PayError::Rejected(_))));
    assert_eq!(payments.snapshot().state, CircuitState::ForcedOpen);
    payments.close();
    assert!(charge("order", 450).await.is_ok());
    assert_eq!(provider.requests(), 1);
}
