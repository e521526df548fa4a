//! The recipe that falls back to a value.

use super::dependency;

// excerpt: recipe
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, fallback, retry};

#[derive(Debug, PartialEq, Classify)]
enum RateError {
    #[answered]
    UnknownCurrency,
    #[transient]
    Unavailable,
    #[circuit_open]
    Open(CircuitOpen),
    #[timed_out]
    Late(TimedOut),
}

#[fallback(value = 1.0, except = RateError::UnknownCurrency)]
#[retry(max_retries = 1, attempt_timeout = "1s")]
#[circuit_breaker(name = "rates")]
async fn rate(currency: &str) -> Result<f64, RateError> {
    if currency == "?" {
        return Err(RateError::UnknownCurrency);
    }
    dependency::call(RateError::Unavailable).await?; // not shown
    // Ask the bank here.
    Ok(1.08)
}
// end excerpt

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn the_value_replaces_what_fails_hangs_or_is_rejected_but_no_error_of_the_caller() {
    assert_eq!(rate("EUR").await, Ok(1.08));
    assert_eq!(rate("?").await, Err(RateError::UnknownCurrency));
    dependency::fail(2);
    assert_eq!(rate("EUR").await, Ok(1.0));
    dependency::hang(2);
    assert_eq!(rate("EUR").await, Ok(1.0));
    resilient::Registry::global().get("rates").unwrap().force_open();
    assert_eq!(rate("EUR").await, Ok(1.0));
}
