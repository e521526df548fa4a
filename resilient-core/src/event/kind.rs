//! The events of breakers, budgets and retries.

use std::panic::Location;

use crate::signal::{
    ConfigError, Name, Opening, SettingsChange, Transition, UnusedOverride, getters,
};

/// Something that happened to a breaker or to a retry budget, in a retry, or at a server.
#[derive(Debug, Clone)]
pub struct Event {
    source: EventSource,
    name: Name,
    kind: EventKind,
}

/// What caused an [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSource {
    /// A circuit breaker.
    Breaker,
    /// A retry budget.
    Budget,
    /// A retry.
    Retry,
    /// A caller in another process.
    Caller,
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

    pub(crate) fn of_retry(name: Name, kind: EventKind) -> Self {
        Self { source: EventSource::Retry, name, kind }
    }

    pub(crate) fn of_caller(header: Name, kind: EventKind) -> Self {
        Self { source: EventSource::Caller, name: header, kind }
    }

    getters! {
        |self|
        /// The source of the event.
        source: EventSource = self.source;
        /// The name of the breaker, budget or retry. For a retry without a name, the location in
        /// the source code: file, line and column. For a caller, the header.
        name: &str = &self.name;
        /// The key of the breaker, if the name has a breaker for each key.
        key: Option<&str> = self.name.key();
        /// What happened, with its details.
        kind: &EventKind = &self.kind;
    }
}

/// The kind of an event, with its details.
///
/// Events of one breaker are delivered one after the other, in the order in which they happened. An
/// event is created only if a listener, a log or a recorder would receive it. With the feature
/// `tracing` each event is also logged. Changed settings, and transitions into states other than
/// `Open` and `ForcedOpen`, are logged at INFO, and `LateRequest` at DEBUG. All other events are
/// logged at WARN.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// The state changed. There is one event for each transition. When the recovery time or the
    /// time of a state set by hand is over, no transition happens yet; the next call causes the
    /// transition into `HalfOpen` or `Closed`.
    Transition(Transition),
    /// The breaker is in [`CircuitState::ObserveOnly`](crate::breaker::CircuitState::ObserveOnly)
    /// and this would have opened it. The breaker reports only the first such opening after it
    /// enters the state.
    WouldOpen(Opening),
    /// The settings changed: an override was set or cleared, or code declared the first settings of
    /// a name. The change has the old and new values, and where they came from. If a name has a
    /// breaker for each key, each key's breaker reports this event. An override that sets only a
    /// mode causes a transition, and not this event.
    SettingsChanged(SettingsChange),
    /// Two locations in the source code give this name different settings, or only one of them
    /// declares a breaker for each key, or they use different types of keys. The conflict is
    /// reported once for each name, when the second location is registered.
    Conflict {
        /// The location whose settings are used.
        first: &'static Location<'static>,
        /// The location whose settings are not used.
        second: &'static Location<'static>,
    },
    /// A setting was replaced with its default. Either its value is known only at run time, and is
    /// out of range or contradicts another setting; or an override was accepted before the name was
    /// registered, and contradicts the code.
    InvalidSetting(ConfigError),
    /// An override has no effect so far: nothing has declared its name, or it sets a time limit
    /// that no code under its name has. This is reported once for each table, or each limit, while
    /// the table is among the overrides.
    ///
    /// Unknown names are reported when overrides are set, by the [global
    /// registry](crate::registry::Registry::global) of a program with the feature `inventory`,
    /// which lists all functions. Otherwise, see
    /// [`Registry::override_snapshot`](crate::registry::Registry::override_snapshot).
    UnusedOverride(UnusedOverride),
    /// A retry ran inside the second or a later attempt of another retry, so the attempts multiply.
    /// This is reported once for each location, to the listeners of the [global
    /// registry](crate::registry::Registry::global). See [`NestedMode`](crate::retry::NestedMode).
    NestedRetry {
        /// The location of the inner retry in the source code.
        place: &'static Location<'static>,
    },
    /// A server ignored a header with the time or the attempt of its caller, because it could not
    /// be read or occurred twice. This is reported once for each header of a
    /// [`HopReader`](crate::deadline::HopReader), to the listeners of the [global
    /// registry](crate::registry::Registry::global).
    UnreadableHeader,
    /// A server refused a request, because the time of its caller was up. This is reported to the
    /// listeners of the [global registry](crate::registry::Registry::global).
    LateRequest,
}
