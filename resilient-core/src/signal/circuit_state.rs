//! The states of a breaker.

use std::fmt;

/// Where a breaker stands.
///
/// ```text
///            a condition is met                        recovery time is over
///   Closed ───────────────────────────────▶ Open ──────────────────────────────▶ HalfOpen
///     ▲                                       ▲                                   │    │
///     │                                       └────── a probe too many fails ─────┘    │
///     └──────────────────────────── enough probes succeed ─────────────────────────────┘
/// ```
///
/// The other three are set by hand, or by an operator's override, only. All steps are listed [there](crate::breaker#states).
///
/// | state | a call is | counted | left by itself |
/// |---|---|---|---|
/// | `Closed` | admitted | in streak, window and totals | when a condition is met |
/// | `Open` | rejected | as rejected | by the first call after the recovery time |
/// | `HalfOpen` | admitted as a probe, while there is a slot; else rejected | in the round, and in the totals | when the probes have decided |
/// | `ForcedOpen` | rejected | as rejected | never |
/// | `Disabled` | admitted | nowhere | never |
/// | `ObserveOnly` | admitted | in streak, window and totals | never |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CircuitState {
    /// Healthy: every call is admitted. A breaker begins here, and so does each closing: with nothing remembered.
    Closed,
    /// Every call is rejected until the recovery time is over. `CircuitBreaker::state` and snapshots say `HalfOpen` from then
    /// on; the step itself is taken, and told, at the next call.
    Open,
    /// A few probes are admitted, to learn whether the dependency is back. The others are rejected.
    HalfOpen,
    /// Rejects every call until told otherwise, whatever time passes: [`close`](crate::breaker::CircuitBreaker::close) ends it, or
    /// [`half_open`](crate::breaker::CircuitBreaker::half_open), which lets probes decide.
    ForcedOpen,
    /// Admits every call and records nothing: neither streak nor window nor totals. Calls that were admitted before and end
    /// now are recorded as little.
    Disabled,
    /// Admits every call, counts as `Closed` does, and tells once that it would have opened: to try settings in
    /// production. It is told again after the state was left and entered anew.
    ObserveOnly,
}

impl CircuitState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::ForcedOpen,
        Self::Disabled,
        Self::ObserveOnly,
    ];

    /// The name in lower case, as metrics and logs use it: `closed`, `open`, `half_open` ….
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::ObserveOnly => "observe_only",
        }
    }
}

impl fmt::Display for CircuitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
