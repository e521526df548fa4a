//! Helpers of the tests of overrides from documents.

use std::time::Duration;

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}
