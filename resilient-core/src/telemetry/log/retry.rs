//! The log lines of retries, of their time limits, and of fallbacks.

use std::panic::Location;
use std::time::Duration;

use crate::platform::contain;
use crate::signal::{CircuitOpen, ErrorText, StopReason, TimeLimit};
use crate::telemetry::RetryLine;
use crate::telemetry::targets::RETRY;

pub(crate) fn retrying(line: &RetryLine<'_>, delay: Duration) {
    let RetryLine { retry, attempt, max_attempts, error, budget, tokens } = *line;
    contain(|| {
        tracing::debug!(
            target: RETRY,
            retry,
            attempt,
            max_attempts,
            delay = delay.as_secs_f64(),
            error = error.map(ErrorText::as_str),
            budget,
            tokens,
            "retrying"
        );
    });
}

/// Logs a wait for a circuit.
pub(crate) fn waiting(line: &RetryLine<'_>, open: &CircuitOpen, most: Duration) {
    crate::telemetry::count_wait(line);
    contain(|| {
        tracing::debug!(
            target: RETRY,
            retry = line.retry,
            breaker = open.breaker(),
            key = open.key(),
            state = open.state().as_str(),
            attempts = line.attempt,
            at_most = most.as_secs_f64(),
            "waiting for the circuit"
        );
    });
}

pub(crate) fn gave_up(line: &RetryLine<'_>, reason: StopReason) {
    let RetryLine { retry, attempt: attempts, max_attempts, error, budget, tokens } = *line;
    contain(|| {
        tracing::debug!(
            target: RETRY,
            retry,
            attempts,
            max_attempts,
            reason = reason.as_str(),
            error = error.map(ErrorText::as_str),
            budget,
            tokens,
            "gave up"
        );
    });
}

pub(crate) fn timed_out(retry: Option<&str>, limit: TimeLimit, attempt: u32) {
    let limit = limit.as_str();
    contain(|| tracing::debug!(target: RETRY, retry, attempt, limit, "attempt cut short"));
}

pub(crate) fn recovered(retry: Option<&str>, attempts: u32) {
    contain(|| tracing::debug!(target: RETRY, retry, attempts, "succeeded after retries"));
}

pub(crate) fn fell_back() {
    contain(|| tracing::debug!(target: RETRY, "failed output replaced by the fallback"));
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
    contain(|| {
        tracing::warn!(
            target: RETRY,
            "a plain function under #[retry] sleeps on a thread of an async runtime"
        );
    });
}
