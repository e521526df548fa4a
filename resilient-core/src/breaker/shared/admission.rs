//! The start of a call: the breaker admits or rejects it. The lock is taken only if the state word
//! cannot decide alone.

use super::thread_stripe::known_stripe;
use super::{BreakerParts, Kind, SharedBreaker};
use crate::breaker::machine::{Rejection, Stamp, Ticket};
use crate::signal::{CircuitOpen, CircuitState, Wait};
use crate::telemetry;

impl SharedBreaker {
    /// Admits a call if the breaker is closed and does not time calls, and the thread owns a stripe
    /// of the counters; otherwise returns `None`. This costs one load, and an addition to a count
    /// that no other thread writes.
    #[inline]
    pub(in crate::breaker) fn admit_closed(&self) -> Option<Ticket> {
        let generation = self.word.closed()?;
        let is_counted = self.counters.add_owned_start(known_stripe());
        is_counted.then_some(Ticket { generation, stamp: Stamp::UNKNOWN })
    }

    /// Admits a call in any state. Takes no lock if the present state admits or rejects every call
    /// and its time is not over, unless the breaker must look for overdue calls. In other cases the
    /// call may be a probe or end the state, and the lock is taken. The clock is read only if calls
    /// are timed or the state has an end.
    ///
    /// `permit` makes the result from the ticket. This function calls `permit`, so that the result
    /// is written to memory only once.
    #[inline]
    pub(in crate::breaker) fn admit<'a, const HERE: bool, P>(
        &'a self,
        permit: impl FnOnce(&'a Self, Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let word = self.word.read();
        if word.is_closed_and_timed() {
            self.admit_timed::<HERE, P>(word.generation(), permit)
        } else {
            self.admit_otherwise::<HERE, P>(permit)
        }
    }

    /// Admits a call of a closed breaker that times calls. This code is a separate function, so
    /// that it needs few registers.
    #[inline(never)]
    fn admit_timed<'a, const HERE: bool, P>(
        &'a self,
        generation: u64,
        permit: impl FnOnce(&'a Self, Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let parts = self.parts();
        let begun = parts.clock.nanos();
        if let Some(begun) = begun {
            let stripe = known_stripe();
            if let Some(ticket) = parts.begin_call(stripe, generation, begun) {
                self.counters.add_start(stripe);
                return Ok(permit(self, ticket));
            }
        }
        self.admit_timed_slowly::<HERE, P>(generation, begun, permit)
    }

    /// Admits a call in a state other than closed, or without its time.
    #[inline(never)]
    fn admit_otherwise<'a, const HERE: bool, P>(
        &'a self,
        permit: impl FnOnce(&'a Self, Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let parts = self.parts();
        let word = self.word.read();
        let ticket = match word.kind() {
            // B1: a state that was set by hand ends at the first admission at or after its end.
            Kind::In(CircuitState::ObserveOnly | CircuitState::Disabled)
                if parts.time_left().is_none() =>
            {
                return self.admit_locked::<HERE, P>(parts, permit);
            }
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly) if word.is_timed() => {
                let begun = parts.clock.nanos();
                return self.admit_timed_slowly::<HERE, P>(word.generation(), begun, permit);
            }
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly) => {
                Ticket { generation: word.generation(), stamp: Stamp::UNKNOWN }
            }
            Kind::In(CircuitState::Disabled) => {
                return Ok(permit(self, Ticket::of_disabled(word.generation(), Stamp::UNKNOWN)));
            }
            // B7: an open circuit rejects calls until its end.
            Kind::In(state @ (CircuitState::Open | CircuitState::ForcedOpen)) => {
                match parts.time_left() {
                    Some(wait) => return Err(self.reject(parts, state, wait)),
                    None => return self.admit_locked::<HERE, P>(parts, permit),
                }
            }
            Kind::In(CircuitState::HalfOpen) | Kind::Unregistered | Kind::Alias => {
                return self.admit_locked::<HERE, P>(parts, permit);
            }
        };
        self.counters.add_start(known_stripe());
        Ok(permit(self, ticket))
    }

    /// Admits a call that began at this time, in a state that admits every call. The lock is taken
    /// if the clock has panicked, calls may be overdue, or the start cannot be counted.
    #[inline(never)]
    fn admit_timed_slowly<'a, const HERE: bool, P>(
        &'a self,
        generation: u64,
        begun: Option<u64>,
        permit: impl FnOnce(&'a Self, Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let parts = self.parts();
        match begun.and_then(|begun| parts.begin_call_slowly(generation, begun)) {
            Some(ticket) => {
                self.counters.add_start(known_stripe());
                Ok(permit(self, ticket))
            }
            None => self.admit_locked::<HERE, P>(parts, permit),
        }
    }

    fn reject(&self, parts: &BreakerParts, state: CircuitState, retry_after: Wait) -> CircuitOpen {
        if !parts.other_rejections.count(state) {
            self.counters.add_rejection();
        }
        let open = parts.circuit_open(state, retry_after);
        telemetry::rejected(&open);
        open
    }

    #[cold]
    #[inline(never)]
    fn admit_locked<'a, const HERE: bool, P>(
        &'a self,
        parts: &BreakerParts,
        permit: impl FnOnce(&'a Self, Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let (mut guarded, now) = self.lock_now(parts);
        // B19: every admission under the lock looks for overdue calls.
        parts.look_for_overdue(&mut guarded, now);
        // B18: a nested call uses the permit of the probe around it.
        let nested = self.admit_inside_probe(|probe| guarded.machine.admit_inside(probe, now));
        let mut admitted = nested.map_or_else(|| guarded.machine.admit(now), Ok);
        if let Ok(ticket) = &mut admitted {
            *ticket = parts.begin_call_locked(&mut guarded, *ticket);
        }
        self.commit(parts, guarded);
        match admitted {
            Ok(ticket) => {
                if ticket.is_counted() {
                    self.counters.add_start(known_stripe());
                }
                // B18: the report, or the drop of the permit, ends what begins here.
                if HERE && ticket.is_probe() {
                    self.enter_probe(ticket);
                }
                Ok(permit(self, ticket))
            }
            Err(Rejection { state, retry_after }) => {
                Err(self.reject(parts, state, retry_after.into()))
            }
        }
    }
}
