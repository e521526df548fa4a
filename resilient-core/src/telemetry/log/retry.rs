//! The log lines of retries, of their time limits, and of fallbacks.

use std::panic::Location;
use std::time::Duration;

use super::emit;
use super::targets::RETRY;
use crate::signal::{CircuitOpen, StopReason, TimeLimit};

pub(crate) fn retrying(attempt: u32, delay: Duration) {
    emit(|| tracing::debug!(target: RETRY, attempt, delay = delay.as_secs_f64(), "retrying"));
}

/// Logs a wait for a circuit. `failed` is the number of attempts that have failed so far.
pub(crate) fn waiting(open: &CircuitOpen, failed: u32, most: Duration) {
    crate::telemetry::count_wait();
    emit(|| {
        tracing::debug!(
            target: RETRY,
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
    let reason = reason.as_str();
    emit(|| tracing::debug!(target: RETRY, attempts, reason, budget, "gave up"));
}

pub(crate) fn timed_out(limit: TimeLimit, attempt: u32) {
    let limit = limit.as_str();
    emit(|| tracing::debug!(target: RETRY, attempt, limit, "attempt cut short"));
}

pub(crate) fn recovered(attempts: u32) {
    emit(|| tracing::debug!(target: RETRY, attempts, "succeeded after retries"));
}

pub(crate) fn fell_back() {
    emit(|| tracing::debug!(target: RETRY, "failed output replaced by the fallback"));
}

pub(super) fn nested(retry: &str, place: &Location<'_>) {
    tracing::warn!(
        target: RETRY,
        retry,
        %place,
        "a retry inside an attempt of another retry multiplies the attempts"
    );
}

#[cfg(feature = "tokio")]
pub(crate) fn blocks_a_runtime() {
    emit(|| {
        tracing::warn!(
            target: RETRY,
            "a plain function under #[retry] sleeps on a thread of an async runtime"
        );
    });
}
