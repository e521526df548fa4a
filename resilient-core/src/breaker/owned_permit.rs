//! The right to make one call, without a borrow of the breaker.

use std::fmt;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::handle::CircuitBreaker;
use super::machine::Ticket;
use super::permit::Permit;
use super::permit_future::PermitFuture;
use super::shared::EnteredCall;
use crate::signal::{CircuitOpen, Classification, Fallible, Name, Outcome};
use crate::telemetry::CallSpan;

// B2: an owned permit follows the rules of a permit, because it is turned into a permit when it
// ends.
/// The right to make one call, from
/// [`CircuitBreaker::try_acquire_owned`](super::CircuitBreaker::try_acquire_owned). It does not
/// borrow the breaker, so it can be stored in a stream or in the body of a response, which outlives
/// the call that made it, and it can be moved to another thread.
///
/// An owned permit is used like a [`Permit`]: the caller reports the outcome once, which consumes
/// the permit, or drops the permit. A dropped permit is an abandoned call; if it is dropped while
/// its thread unwinds from a panic, the call is a failure. A permit that is leaked with
/// [`std::mem::forget`] also leaks its handle of the breaker; if the call is a probe, another call
/// can take its slot after [`probe_timeout`](super::BreakerConfigBuilder::probe_timeout).
///
/// ```
/// use resilient_core::breaker::{CircuitBreaker, OwnedPermit};
/// use resilient_core::signal::Outcome;
///
/// /// Counts the call when the last line was read. If the reader gives up, the call is abandoned.
/// struct Lines {
///     rest: std::vec::IntoIter<String>,
///     permit: Option<OwnedPermit>,
/// }
///
/// impl Iterator for Lines {
///     type Item = String;
///
///     fn next(&mut self) -> Option<String> {
///         let line = self.rest.next();
///         if line.is_none() {
///             if let Some(permit) = self.permit.take() {
///                 permit.report(Outcome::Success);
///             }
///         }
///         line
///     }
/// }
///
/// let breaker = CircuitBreaker::default();
/// let permit = Some(breaker.try_acquire_owned()?);
/// let lines = Lines { rest: vec!["a".to_owned(), "b".to_owned()].into_iter(), permit };
/// assert_eq!(lines.count(), 2);
/// assert_eq!(breaker.snapshot().totals.success, 1);
/// # Ok::<(), resilient_core::breaker::CircuitOpen>(())
/// ```
#[must_use = "a dropped permit counts as an abandoned call"]
pub struct OwnedPermit {
    breaker: CircuitBreaker,
    ticket: Ticket,
    is_reported: bool,
}

impl CircuitBreaker {
    /// Asks for a permit that does not borrow the breaker, for a call whose outcome is known only
    /// after the function that made the call has returned. This costs as much as
    /// [`try_acquire`](Self::try_acquire), plus a clone of the handle.
    ///
    /// # Errors
    /// Returns the same errors as [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(&self) -> Result<OwnedPermit, CircuitOpen> {
        Ok(OwnedPermit::of_permit(self, self.try_acquire()?))
    }
}

impl OwnedPermit {
    /// Turns a permit of `breaker` into an owned one.
    pub(crate) fn of_permit(breaker: &CircuitBreaker, permit: Permit<'_>) -> Self {
        Self { breaker: breaker.clone(), ticket: permit.into_ticket(), is_reported: false }
    }

    /// Runs the call of this permit as a future, so that calls inside `future` are nested: see
    /// [`Permit::within`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops `future`. The permit remains, and can be reported or dropped.
    pub fn within<F: Future>(&self, future: F) -> PermitFuture<'_, F> {
        PermitFuture::new(self.breaker.shared(), self.ticket, future)
    }

    /// Runs the call of this permit on this thread, so that calls inside `call` are nested: see
    /// [`Permit::scope`].
    pub fn scope<R>(&self, call: impl FnOnce() -> R) -> R {
        // This permit is never dropped, so it reports nothing. The owned permit reports the call.
        let permit = ManuallyDrop::new(Permit::new(self.breaker.shared(), self.ticket));
        permit.scope(call)
    }

    /// Records that the head of a streamed response has arrived: see [`Permit::head_received`].
    pub fn head_received(&mut self) {
        self.ticket = self.breaker.shared().head_received(self.ticket);
    }

    /// Reports how the call ended: see [`Permit::report`].
    pub fn report(mut self, outcome: Outcome) {
        if let Some(permit) = self.take() {
            permit.report(outcome);
        }
    }

    /// Reports how the call ended, with the dependency's hint: see [`Permit::report_after`].
    pub fn report_after(mut self, outcome: Outcome, retry_after: Duration) {
        if let Some(permit) = self.take() {
            permit.report_after(outcome, retry_after);
        }
    }

    /// Reports the output of the call. An `Err` or `None` is a failure.
    pub fn report_output<O: Fallible>(mut self, output: &O) {
        if let Some(permit) = self.take() {
            permit.report_output(output);
        }
    }

    /// Reports the class of the call's output: see [`Permit::report_class`].
    pub fn report_class(mut self, class: Option<Classification>) {
        if let Some(permit) = self.take() {
            permit.report_class(class);
        }
    }

    pub(super) fn shared_name(&self) -> &Name {
        self.breaker.shared().name()
    }

    pub(super) fn span(&self) -> CallSpan {
        self.breaker.shared().span()
    }

    pub(super) fn enter(&self) -> EnteredCall<'_> {
        EnteredCall::new(self.breaker.shared(), self.ticket)
    }

    fn take(&mut self) -> Option<Permit<'_>> {
        let is_reported = std::mem::replace(&mut self.is_reported, true);
        (!is_reported).then(|| Permit::new(self.breaker.shared(), self.ticket))
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl fmt::Debug for OwnedPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("breaker", &self.breaker.name()).finish_non_exhaustive()
    }
}
