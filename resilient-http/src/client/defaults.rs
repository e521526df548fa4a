//! The settings of the circuit breakers and of the retry budget for which the user gives none.

use std::time::Duration;

use resilient::BreakerConfig;
use resilient::budget::BudgetConfig;

/// Returns the settings of a client's circuit breakers if nothing else is set. Use it to change one
/// of them:
///
/// ```
/// use resilient_http::{ApiClient, default_circuit_breaker};
///
/// let breaker = default_circuit_breaker().to_builder().failure_threshold(20).build()?;
/// let api = ApiClient::builder("http://localhost:8080").circuit_breaker(breaker);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | setting | value | reason |
/// |---|---|---|
/// | `failure_threshold`, `failure_span` | 10, 3 s | A restart of a proxy or a pool of stale connections breaks many calls within moments, and the server is healthy. Only failures that go on for three seconds are an outage. |
/// | `recovery_time`, `recovery_factor`, `max_recovery_time` | 5 s, 2, 15 s | After a short outage, calls go on soon. After a long one, the circuit closes within seconds. |
/// | `recovery_jitter` | 0.1 | Many processes do not probe at the same moment. |
/// | `half_open_max_calls`, `half_open_failures`, `half_open_successes` | 3, 2, 1 | One success proves that the server is back. A probe can fail for another reason, for example on a connection that broke during the outage. |
///
/// At 10 calls per second, a server that refuses every connection opens the circuit after about 3
/// s. A client that calls rarely needs ten failures in a row, too, so the breaker hardly matters to
/// it. If fewer than all calls fail, the circuit stays closed, and the budget limits the retries.
#[must_use]
pub fn default_circuit_breaker() -> BreakerConfig {
    let settings = BreakerConfig::builder()
        .failure_threshold(10)
        .failure_span(Duration::from_secs(3))
        .recovery_time(Duration::from_secs(5))
        .recovery_factor(2.0)
        .max_recovery_time(Duration::from_secs(15))
        .recovery_jitter(0.1)
        .half_open_max_calls(3)
        .half_open_failures(2);
    // A test proves that these settings are valid, so the fallback is never used.
    settings.build().unwrap_or_default()
}

/// Returns the settings of a client's retry budget if nothing else is set.
///
/// | setting | value | reason |
/// |---|---|---|
/// | `capacity` | 300 | A full bucket pays for 100 retries, so a short outage does not end them. |
/// | `retry_cost`, `deposit` | 3, 1 | If a third of the calls fail, their retries are paid for by the others. At 100 % failures, there are no retries once the bucket is empty. |
/// | `initial_tokens` | 60 | A new process pays for 20 retries before its first success. If 1 000 processes start during an outage, and each makes 100 calls, the load is 1.2 times the demand. |
///
/// ```
/// let budget = resilient_http::default_budget();
/// assert_eq!(budget.capacity() / budget.retry_cost(), 100);
/// ```
#[must_use]
pub fn default_budget() -> BudgetConfig {
    let settings = BudgetConfig::builder().capacity(300).retry_cost(3).initial_tokens(60);
    // A test proves that these settings are valid, so the fallback is never used.
    settings.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_are_not_those_of_the_core() {
        assert_ne!(default_circuit_breaker(), BreakerConfig::default());
        assert_ne!(default_budget(), BudgetConfig::default());
        let budget = default_budget();
        let settings = (budget.capacity(), budget.retry_cost(), budget.initial_tokens());
        assert_eq!((settings, budget.deposit()), ((300, 3, 60), 1));
    }

    #[test]
    fn one_default_can_be_changed() {
        let changed = default_circuit_breaker().to_builder().failure_threshold(20).build();
        assert_ne!(changed.unwrap(), default_circuit_breaker());
    }
}
