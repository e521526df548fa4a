//! The start of a call: the breaker admits or rejects it, without the lock if the state word
//! decides.

use super::{BreakerParts, Kind, SharedBreaker};
use crate::breaker::machine::{Rejection, Stamp, Ticket};
use crate::signal::{CircuitOpen, CircuitState, Wait};
use crate::telemetry;

impl SharedBreaker {
    /// Admits a call if the breaker is closed and does not time calls; otherwise returns `None`.
    /// This costs one load.
    #[inline]
    pub(in crate::breaker) fn admit_closed(&self) -> Option<Ticket> {
        self.word.closed().map(|generation| Ticket { generation, stamp: Stamp::UNKNOWN })
    }

    /// Admits a call in any state. No lock is taken if the state in the word admits or rejects
    /// every call, or if the circuit is open and its open time is not over. Otherwise the call may
    /// be a probe, and the lock is taken. The clock is read only if calls are timed or the state
    /// has an end.
    ///
    /// `permit` makes the result from the ticket. It is called here so that the result is written
    /// to memory only once.
    #[inline]
    pub(in crate::breaker) fn admit<P>(
        &self,
        permit: impl FnOnce(Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let parts = self.parts();
        let word = self.word.read();
        let stamp = match word.kind() {
            // B1: a state that was set by hand ends at the first admission at or after its end.
            Kind::In(CircuitState::ObserveOnly | CircuitState::Disabled)
                if parts.time_left().is_none() =>
            {
                return self.admit_locked(parts, permit);
            }
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly) if word.is_timed() => {
                match parts.clock.nanos() {
                    Some(begun) => Stamp::of_nanos(begun),
                    None => return self.admit_locked(parts, permit),
                }
            }
            Kind::In(CircuitState::Closed | CircuitState::ObserveOnly | CircuitState::Disabled) => {
                Stamp::UNKNOWN
            }
            // B7: an open circuit rejects calls until its end.
            Kind::In(state @ (CircuitState::Open | CircuitState::ForcedOpen)) => {
                match parts.time_left() {
                    Some(wait) => return Err(self.reject(parts, state, wait)),
                    None => return self.admit_locked(parts, permit),
                }
            }
            Kind::In(CircuitState::HalfOpen) | Kind::Unregistered | Kind::Alias => {
                return self.admit_locked(parts, permit);
            }
        };
        let generation = word.generation();
        Ok(permit(Ticket { generation, stamp }))
    }

    fn reject(&self, parts: &BreakerParts, state: CircuitState, retry_after: Wait) -> CircuitOpen {
        self.counters.add_rejection();
        let open = parts.circuit_open(state, retry_after);
        telemetry::rejected(&open);
        open
    }

    #[cold]
    fn admit_locked<P>(
        &self,
        parts: &BreakerParts,
        permit: impl FnOnce(Ticket) -> P,
    ) -> Result<P, CircuitOpen> {
        let (mut guarded, now) = self.lock_now(parts);
        // B18: a nested call uses the permit of the probe around it.
        let nested = self.admit_inside_probe(|probe| guarded.machine.admit_inside(probe));
        let admitted = nested.map_or_else(|| guarded.machine.admit(now), Ok);
        if admitted.is_err() {
            guarded.totals.count_rejection();
        }
        self.commit(parts, guarded);
        match admitted {
            Ok(ticket) => Ok(permit(ticket)),
            Err(Rejection { state, retry_after }) => {
                let open = parts.circuit_open(state, retry_after.into());
                telemetry::rejected(&open);
                Err(open)
            }
        }
    }
}
