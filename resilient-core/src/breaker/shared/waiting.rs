//! The beginning and the end of a wait for the circuit.

use std::sync::Arc;
use std::time::Duration;

use super::waiter::Waiter;
use super::waiters::wake;
use super::{GuardedState, SharedBreaker};
use crate::signal::CircuitState;

/// What a call that wants to wait for the circuit can expect.
#[derive(Debug, Clone, Copy)]
pub(in crate::breaker) struct Prospect {
    /// How long until the circuit may admit the call: zero if the call should ask now, `None` if
    /// the time is unknown.
    pub(in crate::breaker) admits_in: Option<Duration>,
    /// The place of the call in the list. `None` if the call is not listed, because it should ask
    /// now.
    pub(in crate::breaker) place: Option<u64>,
}

impl SharedBreaker {
    /// Lists a call, so that it is woken when the circuit may admit it. A call that should ask the
    /// breaker at once is not listed.
    pub(in crate::breaker) fn list(&self, waiter: &Arc<Waiter>) -> Prospect {
        let parts = self.parts();
        let (mut guarded, now) = parts.lock_for_query();
        let GuardedState { machine, waiters, .. } = &mut *guarded;
        let admits_in = match machine.entered() {
            // A call waits for the end of a state, but not for an operator. If a forced-open
            // circuit has no end, the call asks now and is rejected.
            CircuitState::ForcedOpen => Some(machine.retry_after(now).unwrap_or(Duration::ZERO)),
            _ => machine.retry_after(now),
        };
        let waits = admits_in != Some(Duration::ZERO);
        let place = waits.then(|| waiters.add(Arc::clone(waiter), machine));
        Prospect { admits_in, place }
    }

    /// Removes a call that no longer waits from the list. If the call was woken before and is
    /// cancelled, another call is woken for the slot that may be free.
    pub(in crate::breaker) fn unlist(
        &self,
        place: Option<u64>,
        waiter: &Arc<Waiter>,
        is_cancelled: bool,
    ) {
        let parts = self.parts();
        let mut guarded = parts.lock();
        let was_listed = place.is_some_and(|place| guarded.waiters.remove(place, waiter));
        if is_cancelled && !was_listed {
            guarded.waiters.return_slot();
            let called = guarded.call_waiters();
            drop(guarded);
            wake(&called);
        }
    }
}
