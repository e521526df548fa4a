//! The right to make one call.

use std::fmt;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::core::Core;
use super::machine::{Ending, Ticket};
use crate::outcome::{Class, Outcome, Output, every_failure};

/// The right to make one call, from [`CircuitBreaker::try_acquire`](super::CircuitBreaker::try_acquire).
///
/// It reports once, by value, or is dropped. Dropped with no outcome, the call counts as abandoned (see
/// [`Abandoned`](super::Abandoned)); dropped while its thread unwinds from a panic, as a failure, also if the panic is that
/// of another future of the same task. A half-open breaker's probe slot is free again in every case.
///
/// ```
/// use resilient_core::{CircuitBreaker, Outcome};
///
/// let breaker = CircuitBreaker::default();
/// let permit = breaker.try_acquire()?;
/// let answer = "42".parse::<i32>();
/// permit.report(if answer.is_ok() { Outcome::Success } else { Outcome::Failure });
/// # Ok::<(), resilient_core::CircuitOpen>(())
/// ```
#[must_use = "a permit that is dropped counts as an abandoned call"]
pub struct Permit<'breaker> {
    core: &'breaker Core,
    ticket: Ticket,
}

impl<'breaker> Permit<'breaker> {
    #[inline]
    pub(crate) fn new(core: &'breaker Core, ticket: Ticket) -> Self {
        Self { core, ticket }
    }

    /// Says how the call ended.
    #[inline]
    pub fn report(self, outcome: Outcome) {
        if outcome == Outcome::Success {
            self.succeed();
        } else {
            self.end(outcome, None);
        }
    }

    /// Says how the call ended, and how long the dependency asks to be left alone: if this outcome opens the circuit, it
    /// stays open at least that long, within `max_recovery_time`.
    pub fn report_after(self, outcome: Outcome, retry_after: Duration) {
        self.end(outcome, Some(retry_after));
    }

    /// Says how the call ended by its output: an `Err` or `None` is a failure.
    #[inline]
    pub fn report_output<O: Output>(self, output: &O) {
        self.report_class(every_failure(output));
    }

    /// Says how the call ended by the class of its output, which is `None` for a success.
    #[inline]
    pub(crate) fn report_class(self, class: Option<Class>) {
        match class {
            None => self.succeed(),
            Some(class) => self.report_error(class),
        }
    }

    /// An error can be an answer, too: a success to the breaker, counted as cheaply.
    #[cold]
    fn report_error(self, class: Class) {
        if class.health == Outcome::Success {
            self.succeed();
        } else {
            self.end(class.health, class.retry_after);
        }
    }

    #[inline]
    fn succeed(self) {
        if self.core.count_clean_success(self.ticket) {
            let _ = ManuallyDrop::new(self);
        } else {
            self.succeed_slowly();
        }
    }

    #[cold]
    fn succeed_slowly(self) {
        let permit = ManuallyDrop::new(self);
        permit.core.report_success(permit.ticket);
    }

    #[cold]
    fn end(self, outcome: Outcome, retry_after: Option<Duration>) {
        let permit = ManuallyDrop::new(self);
        permit
            .core
            .report(permit.ticket, Ending::Reported(outcome), retry_after);
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
