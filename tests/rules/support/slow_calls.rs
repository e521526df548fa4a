//! Helpers of the tests of slow calls.

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

use resilient_testkit::secs;

/// Returns settings under which a call of two seconds is slow and two slow calls out of four open
/// the circuit.
pub(crate) fn settings() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .window(4)
        .slow_call(secs(2))
        .slow_call_rate(0.5)
        .recovery_time(secs(10))
}
