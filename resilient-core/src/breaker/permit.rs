//! The right to make one call.

use std::fmt;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::call_timer::TimedHere;
use super::machine::{CallEnd, Ending, Ticket};
use super::permit_future::PermitFuture;
use super::shared::{EnteredCall, SharedBreaker};
use crate::signal::{CircuitOpen, Classification, ErrorText, Fallible, Outcome, every_failure};
use crate::telemetry::CallSpan;

/// A function that returns the error of an output as a `Display`, if it has one.
pub(crate) type DisplayOf<O> = for<'e> fn(&'e O) -> Option<&'e dyn fmt::Display>;

/// The right to make one call, from
/// [`CircuitBreaker::try_acquire`](super::CircuitBreaker::try_acquire).
///
/// The caller reports the outcome once, which consumes the permit, or drops the permit. If a permit
/// is dropped without an outcome, the call counts as abandoned (see
/// [`AbandonedOutcome`](super::AbandonedOutcome)). If it is dropped while its thread unwinds from a
/// panic, the call counts as a failure, even if another future of the same task panicked. In each
/// case, the permit of a probe frees its slot.
///
/// A permit borrows its breaker. An [`OwnedPermit`](super::OwnedPermit) does not.
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
#[must_use = "a dropped permit counts as an abandoned call"]
pub struct Permit<'breaker> {
    breaker: &'breaker SharedBreaker,
    ticket: Ticket,
}

impl<'breaker> Permit<'breaker> {
    #[inline]
    pub(super) fn new(breaker: &'breaker SharedBreaker, ticket: Ticket) -> Self {
        Self { breaker, ticket }
    }

    /// Returns a permit if the breaker is closed and does not measure how long calls take;
    /// otherwise returns `None`.
    #[inline]
    pub(crate) fn if_closed(breaker: &'breaker SharedBreaker) -> Option<Self> {
        let ticket = breaker.admit_closed();
        ticket.map(|ticket| Self::new(breaker, ticket))
    }

    /// Asks for a permit in any state of the breaker. For `HERE`, see [`acquire`](Self::acquire).
    #[inline(never)]
    pub(crate) fn admitted<const HERE: bool>(
        breaker: &'breaker SharedBreaker,
    ) -> Result<Self, CircuitOpen> {
        breaker.admit::<HERE, _>(Self::new)
    }

    /// Asks for a permit, without the slow path if the breaker is closed.
    ///
    /// Set `HERE` if the call runs on this thread, and ends before other code runs there. Until the
    /// call ends, calls through the same breaker on this thread are nested in it. For all other
    /// calls, use [`within`](Self::within) or [`scope`](Self::scope).
    #[inline]
    pub(crate) fn acquire<const HERE: bool>(
        breaker: &'breaker SharedBreaker,
    ) -> Result<Self, CircuitOpen> {
        match Self::if_closed(breaker) {
            Some(permit) => Ok(permit),
            None => Self::admitted::<HERE>(breaker),
        }
    }

    /// Runs the call of this permit as a future. A call through the same breaker inside `future` is
    /// nested: see [the module documentation](super#nested-calls).
    ///
    /// ```
    /// use resilient_core::breaker::CircuitBreaker;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let breaker = CircuitBreaker::default();
    /// let permit = breaker.try_acquire()?;
    /// let output: Result<u32, ()> = permit.within(async { Ok(42) }).await;
    /// permit.report_output(&output);
    /// # Ok::<(), resilient_core::breaker::CircuitOpen>(()) }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops `future`. The permit remains, and can be reported or dropped.
    #[inline]
    pub fn within<F: Future>(&self, future: F) -> PermitFuture<'_, F> {
        PermitFuture::new(self.breaker, self.ticket, future)
    }

    /// Runs the call of this permit on this thread. A call through the same breaker inside `call`
    /// is nested: see [the module documentation](super#nested-calls).
    ///
    /// ```
    /// use resilient_core::breaker::CircuitBreaker;
    ///
    /// let breaker = CircuitBreaker::default();
    /// let permit = breaker.try_acquire()?;
    /// let output: Result<u32, _> = permit.scope(|| "42".parse());
    /// permit.report_output(&output);
    /// # Ok::<(), resilient_core::breaker::CircuitOpen>(())
    /// ```
    #[inline]
    pub fn scope<R>(&self, call: impl FnOnce() -> R) -> R {
        let _span = self.span().entered();
        let _timed = TimedHere::begin(|| self.breaker);
        let _entered = self.enter();
        call()
    }

    /// Returns whether the call was admitted as a probe.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }

    /// Returns the name of the breaker.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn name(&self) -> &'breaker crate::signal::Name {
        self.breaker.name()
    }

    /// Makes the span of the call.
    #[inline]
    pub(crate) fn span(&self) -> CallSpan {
        self.breaker.span()
    }

    /// Begins to run the call on this thread. If the call is a probe, calls through the same
    /// breaker are nested until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> EnteredCall<'breaker> {
        EnteredCall::new(self.breaker, self.ticket)
    }

    /// Reports how the call ended.
    #[inline]
    pub fn report(self, outcome: Outcome) {
        let (breaker, ticket) = self.into_parts();
        if outcome == Outcome::Success {
            breaker.report_clean_success(ticket);
        } else {
            breaker.report(ticket, &CallEnd::of(Ending::Reported(outcome)));
        }
    }

    // B6: a streamed response is timed up to its head.
    /// Records that the head of the response has arrived, for a response whose body is streamed.
    /// The time up to now decides whether the call is slow. From now on the call is still in
    /// flight, but never overdue, however long its body takes. Report the outcome when the body has
    /// ended. This method does nothing if it was called before, or if `slow_call` is not set.
    ///
    /// ```
    /// use resilient_core::breaker::CircuitBreaker;
    /// use resilient_core::signal::Outcome;
    ///
    /// let breaker = CircuitBreaker::default();
    /// let mut permit = breaker.try_acquire()?;
    /// permit.head_received();
    /// // Read the body.
    /// permit.report(Outcome::Success);
    /// # Ok::<(), resilient_core::breaker::CircuitOpen>(())
    /// ```
    pub fn head_received(&mut self) {
        self.ticket = self.breaker.head_received(self.ticket);
    }

    // B9: a hint prolongs the open time.
    /// Reports how the call ended, with the dependency's hint. If this outcome opens the circuit,
    /// the circuit stays open at least as long as the hint, up to `max_recovery_time`. A success
    /// can open the circuit as well: if it is a slow probe, or if it completes the `min_calls` that
    /// a rate needs.
    pub fn report_after(self, outcome: Outcome, retry_after: Duration) {
        let (breaker, ticket) = self.into_parts();
        let ending = Ending::Reported(outcome);
        let end = CallEnd { retry_after: Some(retry_after), ..CallEnd::of(ending) };
        breaker.report(ticket, &end);
    }

    /// Reports the output of the call. An `Err` or `None` is a failure.
    #[inline]
    pub fn report_output<O: Fallible>(self, output: &O) {
        self.report_class(every_failure(output));
    }

    /// Reports the class of the call's output: the outcome, the dependency's hint, and a text about
    /// the error. `None` is the class of a success.
    ///
    /// ```
    /// use resilient_core::breaker::CircuitBreaker;
    /// use resilient_core::signal::Classification;
    ///
    /// let breaker = CircuitBreaker::default();
    /// let permit = breaker.try_acquire()?;
    /// let answer = "forty-two".parse::<i32>();
    /// permit.report_class(answer.err().map(|error| Classification::transient().with_text(error)));
    /// let failure = breaker.snapshot().last_failures[0];
    /// assert_eq!(failure.text().unwrap().as_str(), "invalid digit found in string");
    /// # Ok::<(), resilient_core::breaker::CircuitOpen>(())
    /// ```
    #[inline]
    pub fn report_class(self, class: Option<Classification>) {
        self.report_described(class, (), |()| None);
    }

    /// Reports the class of an output, and returns the output. `text` describes the error if the
    /// class does not.
    #[inline]
    pub(crate) fn report_described<O>(
        self,
        class: Option<Classification>,
        output: O,
        text: DisplayOf<O>,
    ) -> O {
        let (breaker, ticket) = self.into_parts();
        // A success is counted at one place, so that this function is small enough to be inlined.
        let Some(class) = class else {
            breaker.report_clean_success(ticket);
            return output;
        };
        report_error(breaker, ticket, class, output, text)
    }

    /// Copies a permit that another function returned through memory. Without the copy, the
    /// compiler would keep the permits of the fast path in memory, too.
    #[inline]
    pub(crate) fn renewed(self) -> Self {
        let (breaker, ticket) = self.into_parts();
        Self::new(breaker, ticket)
    }

    /// Takes the ticket out. The caller must make a permit of it again, or the call is never
    /// reported.
    pub(super) fn into_ticket(self) -> Ticket {
        self.into_parts().1
    }

    /// Takes the permit apart into values that stay in registers. A permit that is passed by
    /// reference would go to memory and back on every call.
    #[inline]
    fn into_parts(self) -> (&'breaker SharedBreaker, Ticket) {
        let permit = ManuallyDrop::new(self);
        (permit.breaker, permit.ticket)
    }
}

// B9: a hint is used even if the breaker counts the error as a success.
/// Reports an output that is an error. An error that the breaker counts as a success takes no lock,
/// like a success, unless it has a hint and can change the state. The output is passed by value:
/// with a reference, a small output would be in memory on the hot path, too.
#[cold]
#[inline(never)]
fn report_error<O>(
    breaker: &SharedBreaker,
    ticket: Ticket,
    class: Classification,
    output: O,
    text: DisplayOf<O>,
) -> O {
    if class.health != Outcome::Success {
        breaker.report_class(ticket, &class, text(&output));
    } else if class.retry_after.is_none() {
        breaker.report_clean_success(ticket);
    } else if !breaker.count_clean_success(ticket) {
        breaker.report_class(ticket, &class, None);
    }
    output
}

// B2: a dropped permit reports that the call was abandoned, or that it failed if the thread panics.
impl Drop for Permit<'_> {
    #[expect(
        clippy::inline_always,
        reason = "otherwise every permit is in memory, for the unwind path"
    )]
    #[inline(always)]
    fn drop(&mut self) {
        report_dropped(self.breaker, self.ticket);
    }
}

/// Reports a dropped permit: as a failure if its thread unwinds, otherwise as abandoned. The parts
/// are passed by value, so that a permit can stay in registers.
#[cold]
#[inline(never)]
fn report_dropped(breaker: &SharedBreaker, ticket: Ticket) {
    let (ending, text) = if std::thread::panicking() {
        (Ending::Reported(Outcome::Failure), "panicked")
    } else {
        (Ending::Abandoned, "abandoned")
    };
    breaker.report(ticket, &CallEnd { text: Some(ErrorText::of(text)), ..CallEnd::of(ending) });
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("breaker", &self.breaker.name()).finish_non_exhaustive()
    }
}
