//! The end of a call in the model: which total counts the call, and which transition it causes.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, CircuitState, TransitionReason};

use super::opening::nanos;
use super::{Model, Nanos, Ticket, Wrong};
use crate::operation::Ending;

impl Model {
    pub(super) fn end(&mut self, from: usize, ending: Ending) {
        let Some(ticket) = self.in_flight[from].take() else {
            return;
        };
        if self.state == CircuitState::Disabled {
            return;
        }
        self.count_end(ticket, ending);
        self.test_overdue();
    }

    fn count_end(&mut self, ticket: Ticket, ending: Ending) {
        let is_current = ticket.generation == self.generation || self.is(Wrong::LateCounts);
        let holds_a_slot = || {
            self.state != CircuitState::HalfOpen
                || self.probes.holds(ticket.number)
                    && !(self.is(Wrong::LeaseEndsByItself)
                        && self.probes.is_over(ticket.number, self.clock, &self.holding))
        };
        if !is_current || !holds_a_slot() {
            self.record.count(|totals| totals.late += 1);
            return;
        }
        let (failed, hint) = match ending {
            Ending::Success => (false, None),
            Ending::SuccessAfter(hint) => (false, Some(hint)),
            Ending::Failure | Ending::Unwound => (true, None),
            Ending::FailureAfter(hint) => (true, Some(hint)),
            Ending::Dropped if self.holding.abandoned == AbandonedOutcome::Failure => (true, None),
            Ending::Ignored | Ending::Dropped => {
                self.probes.free(ticket.number);
                self.record.count(|totals| match ending {
                    Ending::Ignored => totals.ignored += 1,
                    _ => totals.abandoned += 1,
                });
                return;
            }
        };
        let is_slow = self.is_slow(ticket);
        if failed {
            self.remember(ticket, ending);
        }
        self.record.count(|totals| {
            totals.success += u64::from(!failed);
            totals.failure += u64::from(failed);
            totals.slow += u64::from(is_slow);
        });
        if self.state == CircuitState::HalfOpen {
            self.probes.free(ticket.number);
            self.probed(failed, is_slow, hint);
        } else {
            if (failed || is_slow) && !self.is(Wrong::SetBackKeepsCalls) {
                self.memory.follow_clock(self.clock, &self.holding);
            }
            self.memory.count(self.clock, failed, is_slow, &self.holding);
            self.counted(hint);
        }
    }

    /// B6: returns whether the call took `slow_call` or longer.
    fn is_slow(&self, ticket: Ticket) -> bool {
        let slow_call = self.holding.slow_call.map(nanos);
        self.took(ticket).zip(slow_call).is_some_and(|(took, slow)| {
            if self.is(Wrong::SlowIsExclusive) { took > slow } else { took >= slow }
        })
    }

    /// Returns how long a call has taken, or `None` if the breaker does not know when it began.
    pub(super) fn took(&self, ticket: Ticket) -> Option<Nanos> {
        let began = self.probes.began(ticket.number).or(ticket.admitted);
        began.map(|began| self.clock - began)
    }

    /// B4, B5: evaluates the conditions after a call was counted in `Closed` or `ObserveOnly`.
    fn counted(&mut self, hint: Option<Duration>) {
        if let Some(reason) = self.condition() {
            self.apply(reason, hint);
        }
    }

    pub(super) fn apply(&mut self, reason: TransitionReason, hint: Option<Duration>) {
        if self.state == CircuitState::ObserveOnly {
            if !self.told_would_open {
                self.told_would_open = true;
                self.record.tell_would_open(reason);
            }
            return;
        }
        self.record.last_opening = Some(self.remembered());
        self.open(reason, hint);
    }

    /// B10: counts the result of a probe. The result may end the round.
    fn probed(&mut self, failed: bool, slow: bool, hint: Option<Duration>) {
        if failed || slow {
            self.probes.failed += 1;
        } else {
            self.probes.succeeded += 1;
        }
        let reason = if slow && !failed {
            TransitionReason::ProbeSlow
        } else {
            TransitionReason::ProbeFailed
        };
        self.decide(reason, hint);
    }

    /// Ends the round if enough probes have succeeded or failed.
    pub(super) fn decide(&mut self, reason: TransitionReason, hint: Option<Duration>) {
        if self.probes.failed > self.holding.half_open_failures {
            self.open(reason, hint);
        } else if self.probes.succeeded >= self.holding.half_open_successes {
            self.close_for(TransitionReason::ProbesSucceeded);
        }
    }
}
