//! The log lines about settings of breakers, budgets and retries.

use std::panic::Location;

use crate::event::{Event, EventSource};
use crate::platform::contain;
use crate::signal::{ConfigError, SettingsChange, UnusedOverride};
use crate::telemetry::targets::SETTINGS;

/// Logs a line with the name of the event in the field of its source: `breaker`, `budget` or
/// `retry`.
macro_rules! log {
    ($level:ident, $event:ident, $($field:tt)+) => {{
        let name_if = |source| ($event.source() == source).then(|| $event.name());
        tracing::$level!(
            target: SETTINGS,
            breaker = name_if(EventSource::Breaker),
            key = $event.key(),
            budget = name_if(EventSource::Budget),
            retry = name_if(EventSource::Retry),
            $($field)+
        );
    }};
}

pub(super) fn changed(event: &Event, changes: &SettingsChange) {
    log!(info, event, %changes, "settings changed");
}

pub(super) fn conflict(event: &Event, first: &Location<'_>, second: &Location<'_>) {
    log!(
        warn, event, %first, %second,
        "two places in the code give one name different settings; the first apply"
    );
}

pub(super) fn invalid(event: &Event, error: &ConfigError) {
    log!(warn, event, error = error.to_string(), "invalid setting; its default applies");
}

pub(super) fn unused(event: &Event, reason: &UnusedOverride) {
    log!(warn, event, reason = reason.to_string(), "override has no effect");
}

pub(crate) fn invalid_policy(error: &ConfigError) {
    contain(|| {
        tracing::warn!(
            target: SETTINGS, error = error.to_string(), "invalid setting; its default applies"
        );
    });
}
