//! The log lines of circuit breakers.

use crate::event::Event;
use crate::platform::contain;
use crate::signal::{CircuitOpen, CircuitState, ErrorText, FailureRecord, Opening, Transition};
use crate::telemetry::targets::BREAKER;

pub(super) fn transition(event: &Event, step: &Transition) {
    macro_rules! log {
        ($level:ident, $message:literal $(, $field:ident = $value:expr)*) => {
            tracing::$level!(
                target: BREAKER,
                breaker = event.name(),
                key = event.key(),
                from = step.from.as_str(),
                to = step.to.as_str(),
                reason = step.reason.as_str(),
                $($field = $value,)*
                lasts = step.lasts.map(|time| time.as_secs_f64()),
                operator = step.note.operator(),
                operator_reason = step.note.reason(),
                override_table = step.note.table().map(tracing::field::display),
                $message
            )
        };
    }
    if matches!(step.to, CircuitState::Open | CircuitState::ForcedOpen) {
        let opening = step.opening.as_ref();
        log!(
            warn,
            "circuit breaker opened",
            condition = opening.map(|opening| opening.condition().to_string()),
            error = opening.and_then(last_text)
        );
    } else {
        log!(info, "circuit breaker changed state");
    }
}

pub(super) fn would_open(event: &Event, opening: &Opening) {
    tracing::warn!(
        target: BREAKER,
        breaker = event.name(),
        key = event.key(),
        reason = opening.condition().reason().as_str(),
        condition = opening.condition().to_string(),
        error = last_text(opening),
        "observed circuit breaker would have opened"
    );
}

// An outage rejects thousands of calls, and its cause is in the line of the opening.
pub(crate) fn rejected(open: &CircuitOpen) {
    contain(|| {
        tracing::debug!(
            target: BREAKER,
            breaker = open.breaker(),
            key = open.key(),
            state = open.state().as_str(),
            retry_after = open.retry_after().map(|time| time.as_secs_f64()),
            "call rejected"
        );
    });
}

/// Returns the text of the last failure before an opening.
fn last_text(opening: &Opening) -> Option<&str> {
    opening.last_failure().and_then(FailureRecord::text).map(ErrorText::as_str)
}
