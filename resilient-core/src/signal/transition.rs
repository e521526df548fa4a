//! Transitions between the states of a breaker.

use std::fmt;
use std::time::{Duration, Instant};

use super::{CircuitState, Opening, OperatorNote, RoundedTime, TransitionReason, getters};

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
    /// What opened the circuit, if a condition or failed probes did.
    pub opening: Option<Opening>,
}

impl fmt::Display for Transition {
    /// Writes the states, the time, the reason and the note: `closed to open for 30s: 5 consecutive
    /// failures; last failure: connection refused`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)?;
        if let Some(lasts) = self.lasts {
            write!(f, " for {}", RoundedTime(lasts))?;
        }
        match &self.opening {
            Some(opening) => write!(f, ": {opening}")?,
            None => write!(f, ": {}", self.reason)?,
        }
        if self.note.is_empty() { Ok(()) } else { write!(f, ", {}", self.note) }
    }
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
