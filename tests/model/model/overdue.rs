//! Rule B19 of the model: which calls are in flight, and which calls are overdue.

use resilient::breaker::{CircuitState, TransitionReason};

use super::opening::nanos;
use super::{Model, Ticket, Wrong};

impl Model {
    pub(super) fn calls_in_flight(&self) -> u64 {
        count(self.in_flight.iter().flatten().filter(|ticket| ticket.is_counted))
    }

    /// Returns whether a call that begins now can become overdue.
    pub(crate) fn watches(&self) -> bool {
        matches!(self.state, CircuitState::Closed | CircuitState::ObserveOnly)
            && self.holding.slow_call.is_some()
    }

    /// Returns the number of overdue calls of a closed or observe-only breaker.
    pub(super) fn overdue_calls(&self) -> u64 {
        if !self.watches() || self.is(Wrong::NothingIsOverdue) {
            return 0;
        }
        count(self.in_flight.iter().flatten().filter(|ticket| self.is_overdue(ticket)))
    }

    /// The rule lets the breaker notice an overdue call up to an eighth of `slow_call` late. The
    /// model follows the breaker, which divides time into slices. All calls that began in one slice
    /// become overdue together, `slow_call` after the last instant of the slice. A slice is a power
    /// of two of nanoseconds: at most an eighth of `slow_call`, but at least 2¹⁴ ns (16 µs). The
    /// first slice begins a nanosecond before the breaker's first reading of the clock.
    fn is_overdue(&self, ticket: &Ticket) -> bool {
        let is_current = ticket.generation == self.generation || self.is(Wrong::OldCallsAreOverdue);
        let times = ticket.admitted.zip(self.holding.slow_call.map(nanos));
        let Some((begun, limit)) = times.filter(|_| is_current && ticket.is_watched) else {
            return false;
        };
        let mut slice = 1 << 14;
        while slice * 2 <= limit / 8 {
            slice *= 2;
        }
        let last = (begun + 1) / slice * slice + slice - 2;
        self.clock - last >= limit
    }

    /// Returns the number of overdue calls or, if the circuit is half-open, of overdue probes.
    pub(super) fn overdue(&self) -> u64 {
        match self.state {
            CircuitState::HalfOpen => {
                self.probes.overdue(self.clock, &self.holding).len().try_into().unwrap()
            }
            _ => self.overdue_calls(),
        }
    }

    /// Opens the circuit if there are too many overdue calls, and fails overdue probes. The model
    /// does this at each admission and each report.
    pub(super) fn test_overdue(&mut self) {
        let overdue = self.overdue_calls();
        if overdue > 0 {
            if let Some(TransitionReason::SlowCallRate) = self.slow_condition() {
                self.apply(TransitionReason::SlowCallRate, None);
            }
        }
        while self.state == CircuitState::HalfOpen && !self.is(Wrong::OverdueProbesWait) {
            let overdue = self.probes.overdue(self.clock, &self.holding);
            let Some(probe) = overdue.first() else { return };
            let (probe, since) = (*probe, self.probes.began(*probe));
            self.remember_overdue(since.expect("an overdue probe holds a slot"));
            self.probes.free(probe);
            self.probes.failed += 1;
            self.decide(TransitionReason::ProbeSlow, None);
        }
    }

    /// G2: a new `slow_call` applies only to calls that begin from now on, so the calls in flight
    /// cannot become overdue.
    pub(super) fn watch_anew(&mut self) {
        for ticket in self.in_flight.iter_mut().flatten() {
            ticket.is_watched = false;
        }
    }
}

fn count<'a>(tickets: impl Iterator<Item = &'a Ticket>) -> u64 {
    tickets.count().try_into().unwrap()
}
