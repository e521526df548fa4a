//! The settings of a live breaker, as the registry hands them over.

use std::sync::Arc;

use crate::breaker::config::BreakerConfig;
use crate::signal::OperatorMode;

/// Settings for a live breaker.
#[derive(Debug, Clone)]
pub(crate) struct LiveSettings {
    pub(crate) config: Arc<BreakerConfig>,
    /// The mode of an operator's override.
    pub(crate) mode: Option<OperatorMode>,
    /// Settings with a lower version than the present ones are stale and are dropped.
    pub(crate) version: u64,
}

impl LiveSettings {
    /// The settings of the code, without an override.
    pub(crate) fn of_code(config: Arc<BreakerConfig>) -> Self {
        Self {
            config,
            mode: None,
            version: 0,
        }
    }
}
