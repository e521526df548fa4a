//! Helpers of the tests of the conditions that open a circuit.

use resilient::BreakerConfig;
use resilient::breaker::{BreakerConfigBuilder, CircuitState, TransitionReason};

use resilient_testkit::{calls, closed, last_reason, secs};

pub(crate) fn settings() -> BreakerConfigBuilder {
    BreakerConfig::builder().recovery_time(secs(10))
}

/// Makes calls that end as `ends` says. Asserts that the last call opens the circuit, and that no
/// earlier call opens it.
#[track_caller]
pub(crate) fn assert_opens_at_the_end_of(
    config: &BreakerConfigBuilder,
    ends: &str,
    reason: TransitionReason,
) {
    let (breaker, _clock) = closed(config);
    for (nth, end) in ends.chars().enumerate() {
        assert_eq!(breaker.state(), CircuitState::Closed, "before call {nth}: {end}");
        calls(&breaker, end.encode_utf8(&mut [0; 4]));
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), reason);
}

#[track_caller]
pub(crate) fn assert_stays_closed(config: &BreakerConfigBuilder, ends: &str) {
    let (breaker, _clock) = closed(config);
    calls(&breaker, ends);
    assert_eq!(breaker.state(), CircuitState::Closed);
}
