//! The feature `tracing`: sends the activity of breakers and retries to subscribers.
//!
//! There is one file for each [target](super::targets). The levels follow one rule: WARN is for
//! what an operator should look at and what happens seldom, INFO for changes that explain the
//! behaviour from then on, and DEBUG for what an outage causes thousands of times. A panic of a
//! subscriber is contained, like a panic of a listener.

mod breaker;
mod budget;
mod caller;
mod retry;
mod settings;

pub(crate) use self::breaker::rejected;
pub(crate) use self::budget::BudgetWatch;
#[cfg(feature = "tokio")]
pub(crate) use self::retry::blocks_a_runtime;
pub(crate) use self::retry::{fell_back, gave_up, recovered, retrying, timed_out, waiting};
pub(crate) use self::settings::invalid_policy;
use crate::event::{Event, EventKind};
use crate::platform::contain;

/// Whether an event is worth creating although nobody listens.
pub(crate) const ENABLED: bool = true;

pub(crate) fn event(event: &Event) {
    contain(|| match event.kind() {
        EventKind::Transition(step) => breaker::transition(event, step),
        EventKind::WouldOpen(opening) => breaker::would_open(event, opening),
        EventKind::SettingsChanged(changes) => settings::changed(event, changes),
        EventKind::Conflict { first, second } => settings::conflict(event, first, second),
        EventKind::UnusedOverride(unused) => settings::unused(event, unused),
        EventKind::InvalidSetting(error) => settings::invalid(event, error),
        EventKind::NestedRetry { place } => retry::nested(event.name(), place),
        EventKind::UnreadableHeader => caller::unreadable(event.name()),
        EventKind::LateRequest => caller::late(event.name()),
    });
}
