//! The events of breakers, budgets and retries.

use std::panic::Location;

use crate::signal::{ConfigError, Name, Transition, TransitionReason, getters};

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
    /// A retry, which has a place in the code instead of a name.
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
        Self { source: EventSource::Retry, name: Name::from(place.to_string()), kind }
    }

    getters! {
        |self|
        /// What the event happened to.
        source: EventSource = self.source;
        /// The name of the breaker or budget; for a retry its place in the code: file, line and
        /// column.
        name: &str = &self.name;
        /// The key, if the name has a breaker for each key.
        key: Option<&str> = self.name.key();
        /// What happened.
        kind: &EventKind = &self.kind;
    }
}

/// What happened.
///
/// Events of one breaker are delivered one after the other, in the order in which they happened. An
/// event without a listener is not created. With the feature `tracing` each event is also logged:
/// at WARN, except changed settings and transitions into states other than `Open` and `ForcedOpen`,
/// which are logged at INFO.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// The state changed: one event for each transition. The end of the recovery time alone is not
    /// a transition; the next call then causes the one into `HalfOpen`.
    Transition(Transition),
    /// The breaker is in [`CircuitState::ObserveOnly`](crate::breaker::CircuitState::ObserveOnly)
    /// and would have opened for this reason. Reported once until the state changes.
    WouldOpen(TransitionReason),
    /// The settings changed: an override was set or cleared, or, for a budget, code declared its
    /// first settings. With a breaker for each key, each key's breaker reports it. A mode alone is
    /// a transition, not a change of settings.
    SettingsChanged,
    /// Two places in the code give this name different settings, or only one of them a breaker for
    /// each key, or keys of different types. Reported once for each name, when the second is
    /// registered.
    Conflict {
        /// The place whose settings are used.
        first: &'static Location<'static>,
        /// The place whose settings are not used.
        second: &'static Location<'static>,
    },
    /// A setting was replaced by its default: its value is known only at run time, and it is out of
    /// range or contradicts another; or an override, accepted before the name was registered,
    /// contradicts the code.
    InvalidSetting(ConfigError),
    /// A retry began inside an attempt of another retry, from its second attempt on: attempts
    /// multiply. Reported once for each place, to the listeners of the [global
    /// registry](crate::registry::Registry::global). See [`NestedMode`](crate::retry::NestedMode).
    NestedRetry,
}
