//! The steps of a breaker from one state into another, and why they happen.

use std::fmt;
use std::time::{Duration, Instant};

use super::CircuitState;

/// Why a breaker went from one state into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TransitionReason {
    /// As many failures in a row as `failure_threshold` allows.
    FailureThreshold,
    /// As many failures in the window as `failure_count` allows.
    FailureCount,
    /// The share of failures in the window reached `failure_rate`.
    FailureRate,
    /// The share of slow calls in the window reached `slow_call_rate`.
    SlowCallRate,
    /// The recovery time is over, and a call came.
    RecoveryTime,
    /// More probes failed than are tolerated.
    ProbeFailed,
    /// The same, and the last of them succeeded too slowly.
    ProbeSlow,
    /// Enough probes succeeded.
    ProbesSucceeded,
    /// By hand, or by an operator's override.
    Manual,
}

impl TransitionReason {
    /// A few words for logs: `failure threshold reached` ….
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailureThreshold => "failure threshold reached",
            Self::RecoveryTime => "recovery time over",
            Self::FailureCount => "failure count reached",
            Self::FailureRate => "failure rate reached",
            Self::SlowCallRate => "slow call rate reached",
            Self::ProbeFailed => "probe failed",
            Self::ProbeSlow => "probe too slow",
            Self::ProbesSucceeded => "enough probes succeeded",
            Self::Manual => "by hand",
        }
    }
}

impl fmt::Display for TransitionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One step of a breaker from one state into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// When, by the breaker's clock.
    pub at: Instant,
    /// The state that ended.
    pub from: CircuitState,
    /// The state that began.
    pub to: CircuitState,
    /// What caused it.
    pub reason: TransitionReason,
    /// Into [`CircuitState::Open`]: for how long, growth, jitter and hint included; 584 years for all that is longer. `None` is until
    /// reset, and for other states.
    pub open_for: Option<Duration>,
}

/// An operation by hand that the present state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionError {
    pub(crate) from: CircuitState,
    pub(crate) to: CircuitState,
}

impl TransitionError {
    /// The state that the breaker is in, and stays in.
    #[must_use]
    pub fn from(&self) -> CircuitState {
        self.from
    }

    /// The state that was asked for.
    #[must_use]
    pub fn to(&self) -> CircuitState {
        self.to
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
