//! Helpers of the tests of overrides from documents.

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

pub(crate) fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}
