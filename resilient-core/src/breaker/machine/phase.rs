//! The states of the machine, each with the data that only this state has.

use std::time::Duration;

use super::probes::Round;
use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Health;
use crate::signal::CircuitState;

#[derive(Debug)]
pub(super) enum Phase {
    Closed(Health),
    Open(Length),
    HalfOpen(Round),
    ForcedOpen,
    Disabled,
    ObserveOnly {
        health: Health,
        /// Whether the breaker has reported that it would have opened.
        reported: bool,
    },
}

impl Phase {
    pub(super) fn state(&self) -> CircuitState {
        match self {
            Self::Closed(_) => CircuitState::Closed,
            Self::Open(_) => CircuitState::Open,
            Self::HalfOpen(_) => CircuitState::HalfOpen,
            Self::ForcedOpen => CircuitState::ForcedOpen,
            Self::Disabled => CircuitState::Disabled,
            Self::ObserveOnly { .. } => CircuitState::ObserveOnly,
        }
    }

    /// Returns the state that follows when the time of this state is over.
    pub(super) fn next_state(&self) -> CircuitState {
        match self {
            Self::Open(_) | Self::HalfOpen(_) => CircuitState::HalfOpen,
            _ => CircuitState::Closed,
        }
    }

    /// Returns whether the state can end because its time is over.
    pub(super) fn can_have_an_end(&self) -> bool {
        !matches!(self, Self::Closed(_) | Self::HalfOpen(_))
    }

    /// Returns the remembered calls if the state tests conditions; otherwise returns `None`.
    pub(super) fn health(&self) -> Option<&Health> {
        match self {
            Self::Closed(health) | Self::ObserveOnly { health, .. } => Some(health),
            _ => None,
        }
    }
}

/// The values that determine the open time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// The open time follows from the settings, the dependency's hint, and the random number that
    /// was drawn for this opening.
    Computed { hint: Option<Duration>, jitter: f64, reopenings: u32 },
    /// An operator set the open time; changed settings do not affect it.
    ByHand(Duration),
}

impl Length {
    /// The base open time, without hint and jitter.
    pub(super) fn of_base(reopenings: u32) -> Self {
        Self::Computed { hint: None, jitter: 0.0, reopenings }
    }

    // B8: the open time grows with each re-opening, up to `max_recovery_time`. If the dependency's
    // hint is longer, the hint replaces the open time, up to the same maximum. The jitter then
    // prolongs the result.
    pub(super) fn of(self, config: &BreakerConfig) -> Duration {
        match self {
            Self::ByHand(time) => time,
            Self::Computed { hint, jitter, reopenings } => {
                let most = config.max_recovery_time;
                let growth = config.recovery_factor.powf(f64::from(reopenings));
                let base = scale(config.recovery_time, growth).min(most);
                let asked = hint.map_or(base, |hint| base.max(hint.min(most)));
                scale(asked, 1.0 + config.recovery_jitter * jitter)
            }
        }
    }
}

/// Returns `time * factor`, or `Duration::MAX` if the product does not fit.
fn scale(time: Duration, factor: f64) -> Duration {
    if factor <= 1.0 || time.is_zero() {
        return time;
    }
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}
