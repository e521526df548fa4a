//! The values from which a breaker is made: its name, its settings, its clock.

use std::sync::Arc;

use crate::breaker::config::BreakerConfig;
use crate::platform::AtomicU64;
use crate::signal::{Hold, Name};
use crate::time::ClockReading;

/// Settings of a live breaker. They come from the code or from an override.
#[derive(Debug, Clone)]
pub(crate) struct LiveSettings {
    pub(crate) config: Arc<BreakerConfig>,
    /// The mode of an operator's override.
    pub(crate) mode: Option<Hold>,
    /// The version of these settings. A breaker that has newer settings ignores older ones.
    pub(crate) version: u64,
}

impl LiveSettings {
    /// Makes the settings that the code gives, without an override.
    pub(crate) fn of_code(config: BreakerConfig) -> Self {
        Self { config: Arc::new(config), mode: None, version: 0 }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) name: Name,
    pub(crate) settings: LiveSettings,
    pub(crate) start_in: StartIn,
    /// The clock, with a reading. Breakers are made under a lock, and a user's clock must not run
    /// under a lock, so the clock is read before the lock is taken.
    pub(crate) clock: ClockReading,
    /// Counts how often a breaker of the group closed or was changed by hand. `None`
    /// if the breaker belongs to no group.
    pub(crate) closings: Option<Arc<AtomicU64>>,
}

impl Setup {
    pub(crate) fn new(name: Name, settings: LiveSettings, clock: ClockReading) -> Self {
        let start_in = StartIn { hold: settings.mode.clone(), is_of_override: true };
        Self { name, start_in, settings, clock, closings: None }
    }
}

/// The mode in which a breaker starts: the mode of its settings, or a newer mode that an operator
/// gave its group by hand.
#[derive(Debug, Clone)]
pub(crate) struct StartIn {
    pub(crate) hold: Option<Hold>,
    pub(crate) is_of_override: bool,
}
