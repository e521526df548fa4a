//! An operator's override of one breaker.

use std::time::Duration;

use crate::breaker::{BreakerConfigBuilder, OperatorMode, OperatorNote};
use crate::settings::OverrideLayer;
use crate::signal::{Hold, OverrideTable};

/// An operator's override of one breaker. It wins over the code.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, OperatorMode};
/// use resilient_core::registry::BreakerOverride;
/// use std::time::Duration;
///
/// let strict = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2));
/// let week = Duration::from_secs(7 * 24 * 3600);
/// let trial = strict.clone().with_mode_for(OperatorMode::ObserveOnly, week);
/// # assert_ne!(strict, trial);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct BreakerOverride {
    /// Settings that win over the settings in the code.
    pub settings: BreakerConfigBuilder,
    /// The mode that holds the breaker in a state. When a later override has no mode, the circuit
    /// closes, unless an operator has changed its state in the meantime.
    pub mode: Option<OperatorMode>,
    /// How long the mode holds a breaker, counted from the moment at which the override reaches the
    /// breaker. Then the breaker closes. `None` means until the override is cleared. Without a
    /// `mode`, this has no effect.
    pub mode_for: Option<Duration>,
    /// Who set the mode, and why. Without a `mode`, this has no effect.
    pub note: OperatorNote,
}

impl BreakerOverride {
    /// Sets the mode, until the override is cleared.
    #[must_use]
    pub fn with_mode(mut self, mode: OperatorMode) -> Self {
        (self.mode, self.mode_for) = (Some(mode), None);
        self
    }

    /// Sets the mode, and the time after which the breaker closes.
    #[must_use]
    pub fn with_mode_for(mut self, mode: OperatorMode, time: Duration) -> Self {
        (self.mode, self.mode_for) = (Some(mode), Some(time));
        self
    }

    /// Sets the note of the mode, which events, snapshots and logs repeat.
    #[must_use]
    pub fn with_note(mut self, note: OperatorNote) -> Self {
        self.note = note;
        self
    }
}

impl BreakerOverride {
    /// Returns what this override changes. The note of its mode has the table.
    pub(super) fn layer(&self, table: OverrideTable) -> OverrideLayer<BreakerConfigBuilder> {
        let note = || self.note.clone().with_table(table.clone());
        let mode = self.mode.map(|mode| Hold { mode, lasts: self.mode_for, note: note() });
        OverrideLayer { settings: self.settings.clone(), mode, table }
    }
}

impl From<BreakerConfigBuilder> for BreakerOverride {
    fn from(settings: BreakerConfigBuilder) -> Self {
        Self { settings, ..Self::default() }
    }
}

impl From<OperatorMode> for BreakerOverride {
    fn from(mode: OperatorMode) -> Self {
        Self::default().with_mode(mode)
    }
}
