//! The feature `tracing`: sends the activity of breakers and retries to subscribers.
//!
//! Openings are logged at WARN, other transitions at INFO. Rejections and retries are logged at
//! DEBUG, because an outage causes thousands of them. A panic of a subscriber is contained, like a
//! panic of a listener.

use std::time::Duration;

use crate::event::{Event, EventKind, EventSource};
use crate::platform::contain;
use crate::signal::{CircuitOpen, CircuitState, ConfigError, StopReason, TimeLimit};

pub(crate) const ENABLED: bool = true;

fn emit(code: impl FnOnce()) {
    contain(code);
}

pub(crate) fn event(event: &Event) {
    if event.source() != EventSource::Breaker {
        return emit(|| other(event));
    }
    let (breaker, key) = (event.name(), event.key());
    emit(|| match event.kind() {
        EventKind::Transition(step) => {
            let (from, to) = (step.from.as_str(), step.to.as_str());
            let reason = step.reason.as_str();
            let lasts = step.lasts.map(|time| time.as_secs_f64());
            let (operator, operator_reason) = (step.note.operator(), step.note.reason());
            let table = step.note.table().map(tracing::field::display);
            macro_rules! log {
                ($level:ident, $message:literal) => {
                    tracing::$level!(
                        breaker,
                        key,
                        from,
                        to,
                        reason,
                        lasts,
                        operator,
                        operator_reason,
                        table,
                        $message
                    )
                };
            }
            if matches!(step.to, CircuitState::Open | CircuitState::ForcedOpen) {
                log!(warn, "circuit breaker opened");
            } else {
                log!(info, "circuit breaker changed state");
            }
        }
        EventKind::WouldOpen(reason) => {
            let reason = reason.as_str();
            tracing::warn!(breaker, key, reason, "observed circuit breaker would have opened");
        }
        EventKind::SettingsChanged(changes) => {
            tracing::info!(breaker, key, %changes, "settings of circuit breaker changed");
        }
        EventKind::Conflict { first, second } => tracing::warn!(
            breaker,
            %first,
            %second,
            "two places give one circuit breaker different settings; the first hold"
        ),
        EventKind::InvalidSetting(error) => tracing::warn!(
            breaker,
            %error,
            "invalid setting; its default holds"
        ),
        EventKind::NestedRetry => {}
    });
}

/// Logs an event of a budget or of a retry.
fn other(event: &Event) {
    let name = event.name();
    match event.kind() {
        EventKind::Conflict { first, second } => tracing::warn!(
            budget = name,
            %first,
            %second,
            "two places give one retry budget different settings; the first hold"
        ),
        EventKind::SettingsChanged(changes) => {
            tracing::info!(budget = name, %changes, "settings of retry budget changed");
        }
        EventKind::InvalidSetting(error) => tracing::warn!(
            budget = name,
            %error,
            "invalid setting of a retry budget; its default holds"
        ),
        EventKind::NestedRetry => tracing::warn!(
            place = name,
            "a retry inside an attempt of another retry: their attempts multiply; let one layer \
             retry, or say `nested = collapse` here"
        ),
        EventKind::Transition(_) | EventKind::WouldOpen(_) => {}
    }
}

pub(crate) fn rejected(open: &CircuitOpen) {
    emit(|| {
        tracing::debug!(
            breaker = open.breaker(),
            key = open.key(),
            state = open.state().as_str(),
            retry_after = open.retry_after().map(|time| time.as_secs_f64()),
            "call rejected"
        );
    });
}

pub(crate) fn retrying(attempt: u32, delay: Duration) {
    emit(|| tracing::debug!(attempt, delay = delay.as_secs_f64(), "retrying"));
}

/// Logs a wait for a circuit. `failed` is the number of attempts that have failed so far.
pub(crate) fn waiting(open: &CircuitOpen, failed: u32, most: Duration) {
    super::count_wait();
    emit(|| {
        tracing::debug!(
            breaker = open.breaker(),
            key = open.key(),
            state = open.state().as_str(),
            attempts = failed,
            at_most = most.as_secs_f64(),
            "waiting for the circuit"
        );
    });
}

pub(crate) fn gave_up(attempts: u32, reason: StopReason, budget: Option<&str>) {
    emit(|| tracing::debug!(attempts, reason = reason.as_str(), budget, "gave up"));
}

pub(crate) fn timed_out(limit: TimeLimit, attempt: u32) {
    emit(|| tracing::debug!(attempt, limit = limit.as_str(), "attempt cut short"));
}

pub(crate) fn recovered(attempts: u32) {
    emit(|| tracing::debug!(attempts, "succeeded after retries"));
}

pub(crate) fn fell_back() {
    emit(|| tracing::debug!("failed output replaced by the fallback"));
}

#[cfg(feature = "tokio")]
pub(crate) fn blocks_a_runtime() {
    emit(|| {
        tracing::warn!(
            "a plain function under #[retry] sleeps on a thread of an async runtime and holds up \
             its tasks: make it an async function, or call it in spawn_blocking"
        );
    });
}

pub(crate) fn invalid_policy(error: &ConfigError) {
    emit(|| tracing::warn!(%error, "invalid retry setting; its default holds"));
}
