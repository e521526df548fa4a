//! B6: the head of a streamed response ends the time that can make its call slow or overdue.

use super::{BreakerParts, Kind, SharedBreaker};
use crate::breaker::machine::{Stamp, Ticket};
use crate::signal::CircuitState;

impl SharedBreaker {
    /// Records that the response head of a call has arrived, and returns the call's new ticket.
    /// Does nothing if the breaker does not measure how long the call takes.
    pub(in crate::breaker) fn head_received(&self, ticket: Ticket) -> Ticket {
        let word = self.word.read();
        if word.generation() != ticket.admitted_in() {
            return ticket;
        }
        match word.kind() {
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly)
                if ticket.stamp != Stamp::UNKNOWN =>
            {
                self.measure(self.parts(), ticket)
            }
            Kind::In(CircuitState::HalfOpen) => {
                let parts = self.parts();
                let (mut guarded, now) = self.lock_now(parts);
                guarded.machine.head_received(ticket, now);
                self.commit(parts, guarded);
                ticket
            }
            _ => ticket,
        }
    }

    fn measure(&self, parts: &BreakerParts, ticket: Ticket) -> Ticket {
        if let Some(now) = parts.clock.nanos() {
            if parts.end_watch(ticket) {
                return ticket.measured(now);
            }
        }
        let (mut guarded, now) = self.lock_now(parts);
        parts.end_call_locked(&mut guarded, ticket, now);
        ticket.measured(parts.clock.nanos_of(now))
    }
}
