//! Helpers of the tests of the tables.

use std::time::Duration;

use resilient::breaker::BreakerConfigBuilder;
use resilient::retries::{Jitter, RetryPolicyBuilder};
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, Outcome, RetryPolicy,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The errors of a client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ClientError {
    /// The service failed. The field is the number of the failed attempt.
    Unavailable(u32),
    /// The service asks the client to wait this long.
    TooMany(Duration),
    /// The caller sent invalid input.
    BadInput,
    /// The service reports that the resource does not exist.
    NotFound,
    Open(CircuitOpen),
}

impl From<CircuitOpen> for ClientError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl Classify for ClientError {
    fn classify(&self) -> Classification {
        match self {
            Self::Unavailable(_) => Classification::transient(),
            Self::TooMany(wait) => Classification::throttled().after(*wait),
            Self::BadInput | Self::Open(_) => Classification::ignored(),
            Self::NotFound => Classification::answered(),
        }
    }
}

pub(crate) fn breaker(settings: &BreakerConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("service", settings.build().expect("in range"))
}

/// Creates a breaker that opens after this many consecutive failures, with the default recovery
/// time.
pub(crate) fn opens_after(failures: u32) -> CircuitBreaker {
    breaker(&BreakerConfig::builder().failure_threshold(failures))
}

pub(crate) fn policy(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("in range")
}

/// Returns the retry settings of the Python system: delays start at one second, double up
/// to one minute, and have no jitter.
pub(crate) fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder().base_delay(SECOND).max_delay(60 * SECOND).jitter(Jitter::None)
}

pub(crate) async fn succeed(breaker: &CircuitBreaker) -> Result<(), ClientError> {
    breaker.call(async || Ok(())).await
}

pub(crate) async fn fail(breaker: &CircuitBreaker) -> Result<(), ClientError> {
    breaker.call(async || Err(ClientError::Unavailable(1))).await
}

/// Makes one call with this outcome.
pub(crate) fn report(breaker: &CircuitBreaker, outcome: Outcome) {
    breaker.try_acquire().expect("the circuit admits this call").report(outcome);
}
