//! Helpers of the tests of overrides.

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

pub(crate) fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}
