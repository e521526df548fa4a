//! The recipe that falls back to a value.

use super::dependency;

// excerpt: recipe
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, fallback, retry};

#[derive(Debug, PartialEq, Classify)]
enum RecommendError {
    #[answered]
    UnknownCustomer,
    #[transient]
    Unavailable,
    #[circuit_open]
    Open(CircuitOpen),
    #[timed_out]
    Late(TimedOut),
}

// A page without recommendations is better than no page.
#[fallback(value = Vec::new(), except = RecommendError::UnknownCustomer)]
#[retry(max_retries = 1, attempt_timeout = "1s")]
#[circuit_breaker(name = "recommendations")]
async fn recommended(customer: u32) -> Result<Vec<u32>, RecommendError> {
    if customer == 0 {
        return Err(RecommendError::UnknownCustomer);
    }
    dependency::call(RecommendError::Unavailable).await?; // not shown
    // Ask the recommendation service here.
    Ok(vec![17, 42])
}
// end excerpt

// One test, because all calls share the breaker.
#[tokio::test(start_paused = true)]
async fn the_value_replaces_what_fails_hangs_or_is_rejected_but_no_error_of_the_caller() {
    assert_eq!(recommended(1).await, Ok(vec![17, 42]));
    assert_eq!(recommended(0).await, Err(RecommendError::UnknownCustomer));
    dependency::fail(2);
    assert_eq!(recommended(1).await, Ok(Vec::new()));
    dependency::hang(2);
    assert_eq!(recommended(1).await, Ok(Vec::new()));
    resilient::Registry::global().get("recommendations").unwrap().force_open();
    assert_eq!(recommended(1).await, Ok(Vec::new()));
}
