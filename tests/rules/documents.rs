//! The feature `toml`: overrides from a document, and what is said of one that is wrong.

mod budgets;
mod files;
mod forms;
mod refusals;

use std::time::Duration;

use resilient::BreakerConfig;
use resilient::breaker::BreakerConfigBuilder;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}
