//! Counts of a breaker's rejected calls by the state that rejected them.

use super::circuit_state::CircuitState;

/// The number of calls that the breaker rejected in each state, over its life. The counts never
/// decrease and saturate; their sum is [`CallCounts::rejected`](super::CallCounts::rejected).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RejectionCounts {
    /// Calls that came before the end of the open time.
    pub open: u64,
    /// Calls that came while probes held every slot.
    pub half_open: u64,
    /// Calls that came while an operator or an override forced the breaker open.
    pub forced_open: u64,
}

impl RejectionCounts {
    /// The states that reject calls.
    #[cfg(feature = "metrics")]
    pub(crate) const STATES: [CircuitState; 3] =
        [CircuitState::Open, CircuitState::HalfOpen, CircuitState::ForcedOpen];

    /// Returns the count of one state: zero for a state that rejects no call.
    #[must_use]
    pub fn of(&self, state: CircuitState) -> u64 {
        match state {
            CircuitState::Open => self.open,
            CircuitState::HalfOpen => self.half_open,
            CircuitState::ForcedOpen => self.forced_open,
            CircuitState::Closed | CircuitState::Disabled | CircuitState::ObserveOnly => 0,
        }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.open.saturating_add(self.half_open).saturating_add(self.forced_open)
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            open: self.open.saturating_add(other.open),
            half_open: self.half_open.saturating_add(other.half_open),
            forced_open: self.forced_open.saturating_add(other.forced_open),
        }
    }
}
