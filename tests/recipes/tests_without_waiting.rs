//! The recipe for tests without waiting.

// excerpt: recipe
use resilient::{circuit_breaker, retry};
use std::io;

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "clearing", failure_threshold = 3, recovery_time = "1h")]
async fn balance(account: u32) -> io::Result<u64> {
    // Ask the clearing house here.
    Err(io::ErrorKind::ConnectionRefused.into())
}
// end excerpt

// excerpt: tests
#[cfg(test)]
mod tests {
    use super::*;
    use resilient::breaker::CircuitState;
    use resilient::retries::StopReason;
    use resilient::testing::{ManualClock, Scope};
    use resilient::{BreakerConfig, CircuitBreaker, Registry};
    use std::time::Duration;

    // tokio's paused clock moves retries and breakers.
    #[tokio::test(start_paused = true)]
    async fn after_an_hour_the_circuit_is_half_open() {
        balance(1).await.unwrap_err();
        let breaker = Registry::global().get("clearing").unwrap();
        assert_eq!(breaker.state(), CircuitState::Open);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        // All tests of a process share the breakers of the attributes.
        breaker.close();
    }

    #[retry]
    async fn refused() -> io::Result<()> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }

    // A scope skips sleeps, repeats the delays, and counts attempts.
    #[tokio::test]
    async fn a_refused_call_is_made_four_times() {
        let scope = Scope::new();
        scope.run(refused()).await.unwrap_err();
        assert_eq!(scope.call().attempts(), 4);
        assert_eq!(scope.call().gave_up(), Some(StopReason::Exhausted));
    }

    // A breaker that the test makes can have a clock that the test moves.
    #[test]
    fn after_thirty_seconds_a_probe_is_admitted() {
        let clock = ManualClock::new();
        let config = BreakerConfig::default();
        let breaker = CircuitBreaker::with_clock("mine", config, clock.clone());
        breaker.trip().unwrap();
        clock.advance(Duration::from_secs(30));
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
}
// end excerpt

#[retry(policy = policy)]
async fn with_seed(policy: &resilient::RetryPolicy) -> Option<u32> {
    None
}

#[tokio::test(start_paused = true)]
async fn a_policy_with_a_seed_has_equal_delays_each_time() {
    let mut delays = Vec::new();
    for _ in 0..2 {
        let policy = resilient::RetryPolicy::builder().seed(7).build().unwrap();
        let start = tokio::time::Instant::now();
        with_seed(&policy).await;
        delays.push(start.elapsed());
    }
    assert_eq!(delays[0], delays[1]);
}
