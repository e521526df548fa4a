//! The states of the machine, each with the data that only this state has.

use std::time::{Duration, Instant};

use super::probes::Round;
use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Health;
use crate::signal::CircuitState;
use crate::time::later;

#[derive(Debug)]
pub(super) enum Phase {
    Closed(Health),
    Open(Outage),
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

    pub(super) fn outage(&self) -> Option<&Outage> {
        match self {
            Self::Open(outage) => Some(outage),
            _ => None,
        }
    }

    /// Returns the remembered calls if the state tests conditions; otherwise returns `None`.
    pub(super) fn health(&self) -> Option<&Health> {
        match self {
            Self::Closed(health) | Self::ObserveOnly { health, .. } => Some(health),
            _ => None,
        }
    }
}

/// One opening, and its end.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) since: Instant,
    /// `None` if the circuit is open until an operator closes it.
    pub(super) until: Option<Instant>,
    length: Length,
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

impl Outage {
    pub(super) fn new(length: Length, config: &BreakerConfig, since: Instant) -> Self {
        Self { since, until: later(since, length.of(config)), length }
    }

    /// Returns whether the open time is over. If `now` is before the opening, the instant of the
    /// opening is used instead.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now.max(self.since) >= until)
    }

    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now.max(self.since)))
    }

    /// Returns the whole open time, or `None` if it has no end.
    pub(super) fn open_for(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(self.since))
    }

    /// Sets the end to `time` from now. The end then counts as set by an operator.
    pub(super) fn end_in(&mut self, time: Duration, now: Instant) {
        self.until = later(now.max(self.since), time);
        self.length = Length::ByHand(time);
    }

    /// Moves the end as the new settings require, unless an operator set it.
    pub(super) fn reconfigure(&mut self, config: &BreakerConfig) {
        if let Length::Computed { .. } = self.length {
            self.until = later(self.since, self.length.of(config));
        }
    }
}

impl Length {
    // B8: the time grows with each re-opening, up to `max_recovery_time`. A longer hint of the
    // dependency replaces the time, up to the same bound. The jitter then prolongs the time.
    fn of(self, config: &BreakerConfig) -> Duration {
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
