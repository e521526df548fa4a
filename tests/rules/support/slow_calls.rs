//! Helpers of the tests from `slow_calls`.

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

use resilient_testkit::secs;

/// A call of two seconds is slow; of four calls in the window, two slow ones open.
pub(crate) fn settings() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .window(4)
        .slow_call(secs(2))
        .slow_call_rate(0.5)
        .recovery_time(secs(10))
}
