//! What breakers tell, and those who listen.

mod listeners;
mod subscription;

use std::panic::Location;

pub use self::listeners::ListenerId;
pub(crate) use self::listeners::Listeners;
pub use self::subscription::Subscription;
use crate::breaker::{Reason, Transition};
use crate::error::ConfigError;
use crate::name::Name;

/// Something that happened to a breaker.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) breaker: Name,
    pub(crate) kind: EventKind,
}

impl Event {
    /// The breaker's name.
    #[must_use]
    pub fn breaker(&self) -> &str {
        &self.breaker
    }

    /// Which of the breakers of that name, where there is one for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.breaker.key()
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

/// What happened to a breaker.
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
    /// It is in [`State::ObserveOnly`](crate::State::ObserveOnly) and would have opened, for this reason: told once until it
    /// is put into another state.
    WouldOpen(Reason),
    /// An operator's override changed the settings that hold, or taking it back did. Of a name with a breaker for each key,
    /// each key's tells. A mode alone is no change of settings; it is a transition.
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
    /// operator's override, accepted before the breaker was registered, does not go with its code.
    InvalidSetting(ConfigError),
}
