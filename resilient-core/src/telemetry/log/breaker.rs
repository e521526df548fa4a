//! The log lines of circuit breakers.

use super::emit;
use super::targets::BREAKER;
use crate::event::Event;
use crate::signal::{CircuitOpen, CircuitState, Transition, TransitionReason};

pub(super) fn transition(event: &Event, step: &Transition) {
    macro_rules! log {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: BREAKER,
                breaker = event.name(),
                key = event.key(),
                from = step.from.as_str(),
                to = step.to.as_str(),
                reason = step.reason.as_str(),
                lasts = step.lasts.map(|time| time.as_secs_f64()),
                operator = step.note.operator(),
                operator_reason = step.note.reason(),
                override_table = step.note.table().map(tracing::field::display),
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

pub(super) fn would_open(event: &Event, reason: TransitionReason) {
    tracing::warn!(
        target: BREAKER,
        breaker = event.name(),
        key = event.key(),
        reason = reason.as_str(),
        "observed circuit breaker would have opened"
    );
}

// An outage rejects thousands of calls, and its cause is in the line of the opening.
pub(crate) fn rejected(open: &CircuitOpen) {
    emit(|| {
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
