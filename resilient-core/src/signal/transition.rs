//! Transitions between the states of a breaker, and their reasons.

use std::fmt;
use std::time::{Duration, Instant};

use super::{CircuitState, OperatorNote, getters};

labels! {
    /// Why a breaker changed its state.
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
    pub enum TransitionReason {
        /// The consecutive failures reached `failure_threshold`.
        FailureThreshold = "failure threshold reached",
        /// The failures in the window reached `failure_count`.
        FailureCount = "failure count reached",
        /// The share of failures in the window reached `failure_rate`.
        FailureRate = "failure rate reached",
        /// The share of slow calls in the window reached `slow_call_rate`.
        SlowCallRate = "slow call rate reached",
        /// The recovery time was over when a call came.
        RecoveryTime = "recovery time over",
        /// More probes failed than are tolerated.
        ProbeFailed = "probe failed",
        /// More probes failed or were slow than are tolerated, and the last probe was slow.
        ProbeSlow = "probe too slow",
        /// Enough probes succeeded.
        ProbesSucceeded = "enough probes succeeded",
        /// An operator changed the state by hand.
        Manual = "by hand",
        /// An operator had set the state by hand for a time, and this time was over when a call or
        /// an operation by hand came.
        ManualEnd = "end of the state set by hand",
        /// An override set the state, or an override that had set the state was cleared. The table
        /// is in the transition's note.
        Override = "by an override",
        /// An override had set the state for a time, and this time was over when a call or an
        /// operation by hand came.
        OverrideEnd = "end of the state set by an override",
    }
    /// Returns the label for logs: `failure threshold reached` ….
    pub fn as_str;
    #[cfg(test)]
    pub(crate) const ALL: 12;
}

/// A change of a breaker's state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// When the state changed, by the breaker's clock.
    pub at: Instant,
    /// The state that the breaker left.
    pub from: CircuitState,
    /// The state that the breaker entered.
    pub to: CircuitState,
    /// The reason of the transition.
    pub reason: TransitionReason,
    /// How long the new state lasts, if it has an end: the open time, including growth, jitter and
    /// hint, or the time that an operator or an override gave. Up to 584 years.
    pub lasts: Option<Duration>,
    /// The note of the operator or override that changed the state. If the reason is the end of a
    /// state, this is the note of that state.
    pub note: OperatorNote,
}

/// The error of an operation that the present state of the breaker does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionError {
    pub(crate) from: CircuitState,
    pub(crate) to: CircuitState,
}

impl TransitionError {
    getters! {
        |self|
        /// The state of the breaker, which does not change.
        from: CircuitState = self.from;
        /// The state that the operation would lead to.
        to: CircuitState = self.to;
    }
}

impl fmt::Display for TransitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "a breaker that is {from} cannot be made {to}: ")?;
        f.write_str(match (from, to) {
            (_, CircuitState::HalfOpen) => "only `open` and `forced_open` lead to `half_open`",
            _ => "call `close()` first",
        })
    }
}

impl std::error::Error for TransitionError {}
