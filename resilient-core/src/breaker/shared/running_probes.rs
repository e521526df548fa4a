//! The probes that run on this thread. A call through the same breaker on this thread is nested in
//! such a probe.
//!
//! The list holds a probe only while code runs inside it. It is touched only for probes and under
//! the lock of a breaker, so a closed breaker pays nothing for it.

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
    /// Only compared. The permit of the probe keeps the breaker alive.
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
    /// Adds a probe of this breaker to the list, until [`leave_probe`](Self::leave_probe).
    #[cold]
    #[inline(never)]
    pub(in crate::breaker) fn enter_probe(&self, ticket: Ticket) {
        // This fails only while the thread ends. Calls are then not recognized as nested.
        let _ = RUNNING.try_with(|running| running.borrow_mut().push(self.running(ticket)));
    }

    /// Removes a probe of this breaker from the list. Does nothing if the list does not hold it: a
    /// permit by hand is reported outside its scope.
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

/// The call of a permit on this thread. If the call is a probe, the probe is in the list until the
/// guard is dropped, also by a panic.
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
