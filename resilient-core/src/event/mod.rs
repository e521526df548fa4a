//! What breakers and budgets tell, and those who listen.

mod listeners;
mod subscription;

use std::panic::Location;

pub use self::listeners::ListenerId;
pub(crate) use self::listeners::Listeners;
pub use self::subscription::Subscription;
use crate::breaker::{Reason, Transition};
use crate::error::ConfigError;
use crate::name::Name;

/// Something that happened to a breaker, or to a retry budget.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) breaker: Name,
    pub(crate) kind: EventKind,
}

impl Event {
    /// The breaker's name; the budget's, where [`budget`](Event::budget) has one.
    #[must_use]
    pub fn breaker(&self) -> &str {
        &self.breaker
    }

    /// Which of the breakers of that name, where there is one for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.breaker.key()
    }

    /// The retry budget's name, if it is one of its events.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        let is_of_budget = matches!(
            self.kind,
            EventKind::BudgetConflict { .. }
                | EventKind::BudgetSettingsChanged
                | EventKind::InvalidBudgetSetting(_)
        );
        is_of_budget.then_some(&*self.breaker)
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

/// What happened to a breaker or a retry budget.
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
    /// The same as `Conflict`, of a retry budget: two places in the code give it different settings.
    BudgetConflict {
        /// Whose settings hold.
        first: &'static Location<'static>,
        /// Whose settings are not used.
        second: &'static Location<'static>,
    },
    /// Other settings hold for a retry budget: an operator's override, the code's once that is taken back, or those of the
    /// first code that has any.
    BudgetSettingsChanged,
    /// A setting of a retry budget is given up for its default: an operator's override, accepted before the budget was
    /// registered, does not go with its code.
    InvalidBudgetSetting(ConfigError),
}
