//! What breakers and budgets tell, and those who listen.

mod listeners;
mod subscription;

use std::panic::Location;

pub use self::listeners::ListenerId;
pub(crate) use self::listeners::Listeners;
pub use self::subscription::Subscription;
use crate::breaker::{Transition, TransitionReason};
use crate::signal::ConfigError;
use crate::signal::Name;

/// Something that happened to a breaker, to a retry budget, or in a retry.
#[derive(Debug, Clone)]
pub struct Event {
    source: EventSource,
    name: Name,
    kind: EventKind,
}

/// What an [`Event`] happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSource {
    /// A circuit breaker.
    Breaker,
    /// A retry budget.
    Budget,
    /// A loop of retries, which has a place in the code in place of a name.
    Retry,
}

impl Event {
    pub(crate) fn of_breaker(name: Name, kind: EventKind) -> Self {
        let source = EventSource::Breaker;
        Self { source, name, kind }
    }

    pub(crate) fn of_budget(name: Name, kind: EventKind) -> Self {
        let source = EventSource::Budget;
        Self { source, name, kind }
    }

    pub(crate) fn of_retry(place: &Location<'_>, kind: EventKind) -> Self {
        Self {
            source: EventSource::Retry,
            name: Name::from(place.to_string()),
            kind,
        }
    }

    /// What it happened to.
    #[must_use]
    pub fn source(&self) -> EventSource {
        self.source
    }

    /// The name of the breaker or budget; of a retry, its place in the code: file, line and column.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of the breakers of that name, where there is one for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.name.key()
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

/// What happened.
///
/// Events of one breaker come one after the other, in the order in which it happened. An event that nobody can hear is not
/// made. With the feature `tracing` each is logged as well: at WARN, but for settings that changed and for steps into
/// other states than `Open` and `ForcedOpen`, which are at INFO.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// It went from one state into another: one event for each step. That a recovery time is over is none; the step into
    /// `HalfOpen` is, which the next call takes.
    Transition(Transition),
    /// It is in [`CircuitState::ObserveOnly`](crate::CircuitState::ObserveOnly) and would have opened, for this reason: told once until it
    /// is put into another state.
    WouldOpen(TransitionReason),
    /// Other settings hold: by an operator's override, or since it was taken back; for a budget, also by the first code that
    /// has any. Of a name with a breaker for each key, each key's tells. A mode alone is no change of settings; it is a
    /// transition.
    SettingsChanged,
    /// Two places in the code give this name different settings, or one of them a breaker for each key and the other not, or
    /// keys of another type. Told once a name, when the second is registered.
    Conflict {
        /// Whose settings hold.
        first: &'static Location<'static>,
        /// Whose settings are not used.
        second: &'static Location<'static>,
    },
    /// A setting is given up for its default: known only at run time, it is out of range or does not go with others; or an
    /// operator's override, accepted before the name was registered, does not go with its code.
    InvalidSetting(ConfigError),
    /// A retry began inside an attempt of another one, which was not the first: attempts multiply. Told once for each place, to
    /// the listeners of the [global registry](crate::Registry::global). See [`NestedMode`](crate::NestedMode).
    NestedRetry,
}
