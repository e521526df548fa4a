//! Helpers of the tests of classifiers.

use std::time::Duration;

use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Outcome, TimedOut};

/// The classes that the tables of the functions name.
pub(crate) const SUCCESS: (Outcome, bool) = (Outcome::Success, false);
pub(crate) const SUCCESS_RETRIED: (Outcome, bool) = (Outcome::Success, true);
pub(crate) const FAILURE: (Outcome, bool) = (Outcome::Failure, false);
pub(crate) const FAILURE_RETRIED: (Outcome, bool) = (Outcome::Failure, true);
pub(crate) const IGNORED: (Outcome, bool) = (Outcome::Ignored, false);
pub(crate) const IGNORED_RETRIED: (Outcome, bool) = (Outcome::Ignored, true);

/// Returns the health and whether a retry follows.
pub(crate) fn means(class: Classification) -> (Outcome, bool) {
    (class.health, class.retry)
}

/// Returns the rejection by an open breaker.
pub(crate) fn rejection() -> CircuitOpen {
    let breaker = CircuitBreaker::new("callee", BreakerConfig::default());
    breaker.force_open();
    breaker.try_acquire().unwrap_err()
}

/// Returns the error of a call that exceeded its own deadline.
pub(crate) async fn deadline() -> TimedOut {
    let call = resilient::RetryPolicy::DEFAULT.call().deadline(Duration::from_nanos(1));
    call.run(|_| std::future::pending::<Result<(), TimedOut>>()).await.unwrap_err()
}
