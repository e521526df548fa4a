//! What a breaker is made from: its name, its settings, its clock.

use std::sync::Arc;

use crate::breaker::config::BreakerConfig;
use crate::platform::AtomicU64;
use crate::signal::{Name, OperatorMode};
use crate::time::ClockReading;

/// Settings of a live breaker, from its code or from an override.
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
    pub(crate) fn of_code(config: BreakerConfig) -> Self {
        Self { config: Arc::new(config), mode: None, version: 0 }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) name: Name,
    pub(crate) settings: LiveSettings,
    /// The mode to start in: that of the settings, or a newer one that an operator set by hand.
    pub(crate) start_in: Option<OperatorMode>,
    /// Breakers are made under locks, and a user's clock must not run under one: so it is read
    /// before.
    pub(crate) clock: ClockReading,
    /// For a keyed breaker: counts how often a breaker of its group closed.
    pub(crate) closings: Option<Arc<AtomicU64>>,
}

impl Setup {
    pub(crate) fn new(name: Name, settings: LiveSettings, clock: ClockReading) -> Self {
        Self { name, start_in: settings.mode, settings, clock, closings: None }
    }
}
