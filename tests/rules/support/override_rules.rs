//! Helpers of the tests from `override_rules`.

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

pub(crate) fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}
