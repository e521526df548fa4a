//! The states of a breaker, and the modes in which an override holds it.

labels! {
    /// The state of a breaker.
    ///
    /// ```text
    ///            a condition is met                        recovery time is over
    ///   Closed ───────────────────────────────▶ Open ──────────────────────────────▶ HalfOpen
    ///     ▲                                       ▲                                   │    │
    ///     │                                       └────── one failed probe too many ──┘    │
    ///     └──────────────────────────── enough probes succeed ─────────────────────────────┘
    /// ```
    ///
    /// The other three states are set only by hand or by an override.
    /// [`breaker`](crate::breaker#states) lists all transitions.
    ///
    /// | state | a call is | counted | the breaker leaves the state |
    /// |---|---|---|---|
    /// | `Closed` | admitted | in streak, window, totals | when a condition is met |
    /// | `Open` | rejected | as rejected | at the first call after the recovery time |
    /// | `HalfOpen` | a probe if a slot is free, else rejected | in the totals | when the probes decide |
    /// | `ForcedOpen` | rejected | as rejected | by hand, or at the first call after the end of the state |
    /// | `Disabled` | admitted | nowhere | by hand, or at the first call after the end of the state |
    /// | `ObserveOnly` | admitted | in streak, window, totals | by hand, or at a call after the end of the state |
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
    pub enum CircuitState {
        // B1: six states.
        /// The dependency is healthy: every call is admitted. A breaker starts in this state.
        /// Whenever the circuit closes, the streak and the window are empty.
        Closed = "closed",
        /// Every call is rejected until the recovery time is over. `CircuitBreaker::state` and
        /// snapshots show `HalfOpen` from then on; the transition happens at the next call.
        Open = "open",
        /// A few calls are admitted as probes, to see whether the dependency is back. All other
        /// calls are rejected.
        HalfOpen = "half_open",
        /// Every call is rejected until the end that an operator has set. Without an end, every
        /// call is rejected until an operator calls
        /// [`close`](crate::breaker::CircuitBreaker::close) or
        /// [`half_open`](crate::breaker::CircuitBreaker::half_open). After `half_open`, probes
        /// decide whether the circuit closes or opens.
        ForcedOpen = "forced_open",
        /// Every call is admitted and nothing is recorded: no streak, no window, no totals. A call
        /// that was admitted in an earlier state and ends in this state is not recorded either.
        Disabled = "disabled",
        /// Every call is admitted and counted as in `Closed`. If a condition is met, the breaker
        /// only reports that it would have opened. It reports this once each time that it enters
        /// the state. Use this state to try settings in production.
        ObserveOnly = "observe_only",
    }
    /// Returns the label for metrics and logs: `closed`, `open`, `half_open` ….
    pub fn as_str;
    /// All states.
    pub const ALL: 6;
}

/// A state in which an override holds a breaker until the override is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OperatorMode {
    /// [`CircuitState::ForcedOpen`]: rejects every call.
    ForcedOpen,
    /// [`CircuitState::Disabled`]: admits every call and records nothing.
    Disabled,
    /// [`CircuitState::ObserveOnly`]: admits every call, and only reports that the circuit would
    /// have opened.
    ObserveOnly,
}

impl OperatorMode {
    #[cfg(feature = "serde")]
    pub(crate) const ALL: [Self; 3] = [Self::ForcedOpen, Self::Disabled, Self::ObserveOnly];

    /// Returns the state into which this mode puts a breaker.
    #[must_use]
    pub const fn state(self) -> CircuitState {
        match self {
            Self::ForcedOpen => CircuitState::ForcedOpen,
            Self::Disabled => CircuitState::Disabled,
            Self::ObserveOnly => CircuitState::ObserveOnly,
        }
    }
}
