//! The probes that run on this thread. A call through the same breaker on this thread is nested in
//! such a probe.
//!
//! A thread's list contains a probe only while the thread runs code of the probe. Only probes, and
//! admissions under the lock of a breaker, use the list, so a closed breaker does not pay for it.

use std::cell::RefCell;

#[cfg(loom)]
use loom::thread_local;
#[cfg(shuttle)]
use shuttle::thread_local;

use super::SharedBreaker;
use crate::breaker::machine::Ticket;

/// A probe that runs on this thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RunningProbe {
    /// The address of the breaker, which is only compared. The permit of the probe borrows the
    /// breaker and keeps it alive.
    breaker: *const SharedBreaker,
    ticket: Ticket,
}

thread_local! {
    #[cfg_attr(
        not(any(loom, shuttle)),
        expect(
            clippy::missing_const_for_thread_local,
            reason = "the macros of the model checkers take no const block"
        )
    )]
    static RUNNING: RefCell<Vec<RunningProbe>> = RefCell::new(Vec::new());
}

impl SharedBreaker {
    /// Adds a probe of this breaker to this thread's list, until
    /// [`leave_probe`](Self::leave_probe).
    #[cold]
    #[inline(never)]
    pub(in crate::breaker) fn enter_probe(&self, ticket: Ticket) {
        // This fails only while the thread ends and its thread-locals are gone. Calls are then not
        // recognized as nested.
        let _ = RUNNING.try_with(|running| running.borrow_mut().push(self.running(ticket)));
    }

    /// Removes a probe of this breaker from the list. Does nothing if the probe is not in the list,
    /// because its permit is reported outside [`Permit::scope`](crate::breaker::Permit::scope).
    #[cold]
    #[inline(never)]
    pub(in crate::breaker) fn leave_probe(&self, ticket: Ticket) {
        let _ = RUNNING.try_with(|running| {
            let mut running = running.borrow_mut();
            let probe = self.running(ticket);
            if let Some(at) = running.iter().rposition(|each| *each == probe) {
                running.remove(at);
            }
        });
    }

    /// Offers the probes of this breaker that run on this thread to `admit`, the innermost first,
    /// until it admits a call.
    pub(super) fn admit_inside_probe(
        &self,
        admit: impl FnMut(Ticket) -> Option<Ticket>,
    ) -> Option<Ticket> {
        let admitted = RUNNING.try_with(|running| {
            let running = running.borrow();
            let own = running.iter().rev().filter(|each| std::ptr::eq(each.breaker, self));
            own.map(|probe| probe.ticket).find_map(admit)
        });
        admitted.ok().flatten()
    }

    fn running(&self, ticket: Ticket) -> RunningProbe {
        RunningProbe { breaker: std::ptr::from_ref(self), ticket }
    }
}

/// A call of a permit that runs on this thread. If the call is a probe, the list contains it until
/// this guard is dropped, even if a panic drops the guard.
#[derive(Debug)]
#[must_use]
pub(crate) struct EnteredCall<'breaker> {
    breaker: &'breaker SharedBreaker,
    ticket: Ticket,
}

impl<'breaker> EnteredCall<'breaker> {
    #[inline]
    pub(in crate::breaker) fn new(breaker: &'breaker SharedBreaker, ticket: Ticket) -> Self {
        if ticket.is_probe() {
            breaker.enter_probe(ticket);
        }
        Self { breaker, ticket }
    }
}

impl Drop for EnteredCall<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.ticket.is_probe() {
            self.breaker.leave_probe(self.ticket);
        }
    }
}
