//! The right to make one call.

use std::fmt;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::machine::{Ending, Ticket};
use super::shared::SharedBreaker;
use crate::signal::{CircuitOpen, Classification, Fallible, Outcome, every_failure};

/// The right to make one call, from [`CircuitBreaker::try_acquire`](super::CircuitBreaker::try_acquire).
///
/// It reports once, by value, or is dropped. Dropped with no outcome, the call counts as abandoned (see
/// [`AbandonedOutcome`](super::AbandonedOutcome)); dropped while its thread unwinds from a panic, as a failure, also if the panic is that
/// of another future of the same task. A half-open breaker's probe slot is free again in every case.
///
/// ```
/// use resilient_core::breaker::CircuitBreaker;
/// use resilient_core::signal::Outcome;
///
/// let breaker = CircuitBreaker::default();
/// let permit = breaker.try_acquire()?;
/// let answer = "42".parse::<i32>();
/// permit.report(if answer.is_ok() { Outcome::Success } else { Outcome::Failure });
/// # Ok::<(), resilient_core::breaker::CircuitOpen>(())
/// ```
#[must_use = "a permit that is dropped counts as an abandoned call"]
pub struct Permit<'breaker> {
    core: &'breaker SharedBreaker,
    ticket: Ticket,
}

impl<'breaker> Permit<'breaker> {
    #[inline]
    pub(crate) fn new(core: &'breaker SharedBreaker, ticket: Ticket) -> Self {
        Self { core, ticket }
    }

    /// The permit of a call in any state of the breaker.
    #[inline(never)]
    pub(crate) fn admitted(breaker: &'breaker SharedBreaker) -> Result<Self, CircuitOpen> {
        breaker.admit(|ticket| Self::new(breaker, ticket))
    }

    /// Reports how the call ended.
    #[inline]
    pub fn report(self, outcome: Outcome) {
        let (core, ticket) = self.into_parts();
        if outcome != Outcome::Success {
            core.report_outcome(ticket, outcome, None);
        } else if !core.count_clean_success(ticket) {
            core.report_success(ticket);
        }
    }

    /// Says how the call ended, and how long the dependency asks to be left alone: if this outcome opens the circuit, it
    /// stays open at least that long, within `max_recovery_time`.
    pub fn report_after(self, outcome: Outcome, retry_after: Duration) {
        let (core, ticket) = self.into_parts();
        core.report_outcome(ticket, outcome, Some(retry_after));
    }

    /// Says how the call ended by its output: an `Err` or `None` is a failure.
    #[inline]
    pub fn report_output<O: Fallible>(self, output: &O) {
        self.report_class(every_failure(output));
    }

    /// Says how the call ended by the class of its output, which is `None` for a success. An error can be an answer, too: a
    /// success to the breaker, counted as cheaply.
    #[inline]
    pub(crate) fn report_class(self, class: Option<Classification>) {
        let (core, ticket) = self.into_parts();
        match class {
            Some(class) if class.health != Outcome::Success => {
                core.report_outcome(ticket, class.health, class.retry_after);
            }
            _ if core.count_clean_success(ticket) => {}
            _ => core.report_success(ticket),
        }
    }

    /// The same permit. One that comes out of a function's memory is read there, so that others need not go there.
    #[inline]
    pub(crate) fn renewed(self) -> Self {
        let (core, ticket) = self.into_parts();
        Self::new(core, ticket)
    }

    /// What it is made of: a few words that stay in registers, where a permit that is passed by reference would go to memory
    /// and back on every call.
    #[inline]
    pub(crate) fn into_parts(self) -> (&'breaker SharedBreaker, Ticket) {
        let permit = ManuallyDrop::new(self);
        (permit.core, permit.ticket)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let ending = if std::thread::panicking() {
            Ending::Reported(Outcome::Failure)
        } else {
            Ending::Abandoned
        };
        self.core.report(self.ticket, ending, None);
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("breaker", &self.core.name())
            .finish_non_exhaustive()
    }
}
