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
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// It went from one state into another.
    Transition(Transition),
    /// It is in [`State::ObserveOnly`](crate::State::ObserveOnly) and would have opened: told once until it is put
    /// into another state.
    WouldOpen(Reason),
    /// An operator's override changed the settings that hold.
    SettingsChanged,
    /// Two places in the code give this name different settings. Those of the first hold.
    Conflict {
        /// Whose settings hold.
        first: &'static Location<'static>,
        /// Whose settings are not used.
        second: &'static Location<'static>,
    },
    /// A setting that is known only at run time is out of range, or does not go with an operator's override. Its default
    /// holds.
    InvalidSetting(ConfigError),
}
