//! B19: overdue calls, which have been in flight for at least `slow_call`.

use std::time::Instant;

use super::{Machine, Phase, Ticket};
use crate::breaker::window::Health;
use crate::signal::ErrorText;

impl Machine {
    /// Records how many calls of this generation are overdue. A state that tests no conditions
    /// ignores the number.
    pub(in crate::breaker) fn set_overdue(&mut self, overdue: u64) {
        if let Phase::Closed(health) | Phase::ObserveOnly { health, .. } = &mut self.phase {
            health.set_overdue(overdue);
        }
    }

    /// Returns whether the state needs the duration of each call.
    pub(in crate::breaker) fn times_calls(&self) -> bool {
        self.config.slow_call.is_some() && self.phase.health().is_some()
    }

    /// Returns the number of overdue calls that was last recorded.
    pub(in crate::breaker) fn recorded_overdue(&self) -> u64 {
        self.phase.health().map_or(0, Health::overdue)
    }

    /// Returns when the recorded overdue calls may next meet their condition without a new call,
    /// because older calls leave the window.
    pub(in crate::breaker) fn overdue_calls_count_more_at(&self, now: Instant) -> Option<Instant> {
        let health = self.phase.health().filter(|health| health.overdue() > 0)?;
        health.expires_at(now)
    }

    /// Records that the response head of a probe has arrived, so that the probe is not overdue
    /// later.
    pub(in crate::breaker) fn head_received(&mut self, ticket: Ticket, now: Instant) {
        self.test_overdue(now);
        if let Phase::HalfOpen(round) = &mut self.phase {
            if ticket.admitted_in() == self.generation {
                round.head_received(ticket.stamp, now);
            }
        }
    }

    /// Returns how many probes are overdue now.
    pub(in crate::breaker) fn overdue_probes(&self, now: Instant) -> usize {
        match &self.phase {
            Phase::HalfOpen(round) => round.overdue(&self.config, now),
            _ => 0,
        }
    }

    /// Changes the state if the recorded overdue calls meet the condition on slow calls, or if
    /// overdue probes decide the round.
    pub(super) fn test_overdue(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Closed(health) | Phase::ObserveOnly { health, .. } => {
                if let Some(condition) = health.met_by_overdue(&self.config, now) {
                    self.apply(condition, None, now);
                }
            }
            Phase::HalfOpen(_) => self.fail_overdue_probes(now),
            Phase::Open(_) | Phase::ForcedOpen | Phase::Disabled => {}
        }
    }

    fn fail_overdue_probes(&mut self, now: Instant) {
        while let Phase::HalfOpen(round) = &mut self.phase {
            let Some((took, decision)) = round.fail_overdue(&self.config, now) else { return };
            self.remember(now, Some(took), Some(ErrorText::of("no result yet")));
            self.decide(decision, None, now);
        }
    }
}
