//! The sums over the breakers of one name.

use crate::signal::{BreakerSnapshot, CallCounts, CircuitState, TimeInState, TransitionCounts};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) totals: CallCounts,
    pub(crate) transitions: TransitionCounts,
    pub(crate) times: TimeInState,
    /// The number of calls that wait for a circuit.
    pub(crate) waiting: u64,
    /// The number of breakers in each state, in the order of [`CircuitState::ALL`].
    pub(crate) in_state: [u64; CircuitState::ALL.len()],
}

impl Summary {
    pub(crate) fn add(&mut self, snapshot: &BreakerSnapshot) {
        self.totals = self.totals.plus(&snapshot.totals);
        self.transitions = self.transitions.plus(&snapshot.transitions);
        self.times = self.times.plus(&snapshot.time_in_state);
        self.waiting = self.waiting.saturating_add(snapshot.waiting as u64);
        for (count, state) in self.in_state.iter_mut().zip(CircuitState::ALL) {
            *count += u64::from(snapshot.state == state);
        }
    }
}
