//! The sums over the breakers of one name.

use crate::signal::{
    BreakerSnapshot, CallCounts, CircuitState, RejectionCounts, TimeInState, TransitionCounts,
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) totals: CallCounts,
    pub(crate) rejections: RejectionCounts,
    pub(crate) transitions: TransitionCounts,
    pub(crate) times: TimeInState,
    /// The number of calls that wait for a circuit.
    pub(crate) waiting: u64,
    /// The number of breakers in each state, in the order of [`CircuitState::ALL`].
    pub(crate) in_state: [u64; CircuitState::ALL.len()],
    pub(crate) in_flight: u64,
    pub(crate) overdue: u64,
}

impl Summary {
    pub(crate) fn add(&mut self, snapshot: &BreakerSnapshot) {
        self.merge(&Self {
            totals: snapshot.totals,
            rejections: snapshot.rejections,
            transitions: snapshot.transitions,
            times: snapshot.time_in_state,
            waiting: snapshot.waiting as u64,
            in_state: CircuitState::ALL.map(|state| u64::from(snapshot.state == state)),
            in_flight: snapshot.in_flight,
            overdue: snapshot.overdue,
        });
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.totals = self.totals.plus(&other.totals);
        self.rejections = self.rejections.plus(&other.rejections);
        self.transitions = self.transitions.plus(&other.transitions);
        self.times = self.times.plus(&other.times);
        self.waiting = self.waiting.saturating_add(other.waiting);
        for (count, more) in self.in_state.iter_mut().zip(other.in_state) {
            *count = count.saturating_add(more);
        }
        self.in_flight = self.in_flight.saturating_add(other.in_flight);
        self.overdue = self.overdue.saturating_add(other.overdue);
    }

    /// Returns what remains of breakers that left the registry: their totals, without their states,
    /// and without the calls that wait or are in flight.
    pub(crate) fn retired(&self) -> Self {
        let in_state = [0; CircuitState::ALL.len()];
        Self { in_state, waiting: 0, in_flight: 0, overdue: 0, ..*self }
    }
}
