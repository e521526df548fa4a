//! The driver of one call's retries. A loop reports the end of each attempt, and the driver returns
//! the next step.
//!
//! The driver does no I/O and never reads an output. Every loop uses it: the expansion of
//! `#[retry]`, the future of [`RetryCall::run`](super::RetryCall::run), and loops written by hand.

mod attempt_end;
mod decide;
#[cfg(feature = "tokio")]
mod gate;
#[cfg(feature = "tokio")]
mod owned;
mod plan;
mod progress;
mod sleep;
#[cfg(test)]
mod tests;
mod time_left;

use std::panic::Location;
use std::time::{Duration, Instant};

pub use self::attempt_end::AttemptEnd;
use self::decide::Step;
#[cfg(feature = "tokio")]
pub(super) use self::gate::NotAdmitted;
#[cfg(feature = "tokio")]
pub use self::owned::OwnedRetryDriver;
use self::plan::Plan;
pub(crate) use self::plan::TextSetting;
use self::progress::Progress;
#[cfg(feature = "tokio")]
use super::attempt_future::AttemptFuture;
use super::budget::RetryBudget;
use super::call_options::CallOptions;
#[cfg(feature = "tokio")]
use super::limits::Past;
use super::marked::{Marked, marked};
use super::named::NamedPolicy;
#[cfg(feature = "tokio")]
use super::permitted_attempt::PermittedAttempt;
use super::policy::RetryPolicy;
#[cfg(feature = "tokio")]
use crate::breaker::Permit;
use crate::breaker::{CircuitOpen, CircuitState};
use crate::deadline::AttemptMark;
#[cfg(feature = "tokio")]
use crate::deadline::{CallLimit, TimeoutFuture};
use crate::signal::{ErrorText, Name, StopReason};
use crate::telemetry::{self, CallSpan, RetryCallCount};
use crate::time;

/// The retries of one call, without I/O. The loop reports how each attempt ended, and sleeps for
/// the time that the driver returns.
///
/// A loop calls [`begin_attempt`](Self::begin_attempt) before each attempt. After a success it
/// calls [`succeeded`](Self::succeeded) once. After any other end it calls [`after`](Self::after),
/// which returns how long to sleep before the next attempt, or why the call ends. Dropping the
/// driver at any point cancels the call.
///
/// If the first attempt succeeds, the driver draws no random number, allocates nothing, and reads
/// the clock only if a time limit needs the start of the call.
///
/// ```
/// use resilient_core::retry::{AttemptEnd, RetryDriver, RetryPolicy};
/// use resilient_core::signal::Classification;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::builder().base_delay(Duration::ZERO).build()?;
/// let mut tries = 0;
/// let mut driver = RetryDriver::start(&policy);
/// let result = loop {
///     driver.begin_attempt();
///     tries += 1;
///     if tries == 3 {
///         driver.succeeded();
///         break Ok(tries);
///     }
///     match driver.after(AttemptEnd::Failed(Classification::transient()), None) {
///         Ok(delay) => std::thread::sleep(delay),
///         Err(reason) => break Err(reason),
///     }
/// };
/// assert_eq!(result, Ok(3));
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct RetryDriver<'a> {
    plan: Plan<'a>,
    call: RetryCallCount<'a>,
    /// Allocated at the first failure or wait, so that a healthy call has little setup.
    progress: Option<Box<Progress>>,
    span: CallSpan,
}

impl<'a> RetryDriver<'a> {
    /// Starts a call whose loop sleeps without an async runtime, for example by blocking its
    /// thread.
    #[inline]
    #[must_use]
    pub fn start(policy: &'a RetryPolicy) -> Self {
        Self::new(policy.into(), None, false)
    }

    /// Starts a call that sleeps in an async runtime. If the runtime has no timer, a call that must
    /// sleep ends with [`StopReason::NoTimer`]; it does not panic.
    #[inline]
    #[must_use]
    pub fn start_async(policy: &'a RetryPolicy) -> Self {
        Self::new(policy.into(), None, true)
    }

    // R10: without limits that need the start of the call, the driver reads no clock.
    #[inline]
    pub(crate) fn new(
        named: NamedPolicy<'a>,
        options: Option<&'a CallOptions<'a>>,
        needs_timer: bool,
    ) -> Self {
        let NamedPolicy { policy, is_timed, .. } = named;
        let started = match options.and_then(|options| options.started) {
            None if is_timed => Some(time::now()),
            started => started,
        };
        Self {
            plan: Plan { policy, cell: named.cell(), options, started, needs_timer },
            call: named.count_call(),
            progress: None,
            span: CallSpan::of_retry(|| named.name()),
        }
    }

    /// Returns the number of the running attempt, counted from 1. During a delay, this is the
    /// number of the next attempt.
    #[must_use]
    pub fn attempt_number(&self) -> u32 {
        progress::attempt_number(self.progress.as_deref())
    }

    /// Returns the maximum number of attempts. After a failure, this is the maximum that applied to
    /// that failure, which may come from an override of the retry's name.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        let overridden = self.progress.as_ref().map(|it| it.max_retries);
        overridden.unwrap_or(self.plan.policy.max_retries).saturating_add(1)
    }

    /// Returns the name of the retry, or `None` if the retry has no name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.plan.retry_name()
    }

    /// Returns how many attempts of this call ran and failed. An attempt that the breaker rejected
    /// did not run.
    #[must_use]
    pub fn failed_attempts(&self) -> u32 {
        self.progress.as_ref().map_or(0, |it| it.failed)
    }

    /// Returns the text about the error of the last attempt that failed. It is `None` if the error
    /// has no text, or if the retry does not remember errors.
    #[must_use]
    pub fn error_text(&self) -> Option<&ErrorText> {
        self.progress.as_ref().and_then(|it| it.text.as_ref())
    }

    /// Returns what decides whether texts about errors are remembered.
    #[inline]
    pub(crate) fn text_setting(&self) -> TextSetting<'a> {
        self.plan.text_setting()
    }

    /// Returns how often the call has waited for its circuit, including a wait that begins now.
    #[must_use]
    pub fn waits(&self) -> u32 {
        self.progress.as_ref().map_or(0, |it| it.waits)
    }

    /// Returns whether the delay that [`after`](Self::after) returned last precedes a retry. If it
    /// does not, the breaker rejected the attempt, and the delay is a wait for the circuit.
    pub(crate) fn retries(&self) -> bool {
        self.progress.as_ref().is_some_and(|it| it.is_retry)
    }

    /// Returns the state of the circuit if the delay that [`after`](Self::after) returned last is a
    /// wait for the circuit, and `None` if the call does not wait.
    #[must_use]
    pub fn waits_in(&self) -> Option<CircuitState> {
        let progress = self.progress.as_ref()?;
        progress.pause.wait.map(|wait| wait.state)
    }

    /// Returns how long the call waited before the current attempt.
    #[must_use]
    pub fn last_delay(&self) -> Duration {
        let progress = self.progress.as_ref();
        progress.map_or(Duration::ZERO, |it| it.pause.delay)
    }

    // R7
    /// Returns the budget if the call ends because the budget has too few tokens.
    #[must_use]
    pub fn budget_at_fault(&self, reason: StopReason) -> Option<&'a RetryBudget> {
        self.plan.budget_at_fault(reason)
    }

    pub(super) fn shared_name(&self) -> Option<Name> {
        self.plan.name().cloned()
    }

    pub(super) fn started_at(&self) -> Option<Instant> {
        self.plan.started
    }

    /// Begins an attempt of a plain function. The attempt counts as running until the result is
    /// dropped.
    #[inline]
    pub(crate) fn mark(&mut self) -> Marked {
        let progress = self.progress.as_mut();
        let scope = progress.and_then(|progress| progress.mark(self.plan.nested()));
        marked(scope, self.attempt_span().entered())
    }

    /// Makes the span of the attempt that begins now.
    #[inline]
    fn attempt_span(&self) -> CallSpan {
        CallSpan::of_attempt(&self.span, || (self.attempt_number(), self.max_attempts()))
    }

    /// Begins an attempt without time limits, and returns its future.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempted<F>(&mut self, attempt: F) -> AttemptFuture<F> {
        AttemptFuture::new(self.begin(), self.attempt_span(), attempt)
    }

    /// Begins an attempt without time limits under a permit, and returns its future.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempted_within<'permit, F>(
        &mut self,
        permit: &'permit Permit<'permit>,
        attempt: F,
    ) -> PermittedAttempt<'permit, F> {
        PermittedAttempt::new(self.begin(), self.attempt_span(), permit, attempt)
    }

    /// Begins an attempt within the call's time limits, and returns its future. `timeout` is the
    /// value of the attempt's `#[timeout]`.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn limited<F>(&mut self, attempt: F, timeout: Option<Duration>) -> TimeoutFuture<F> {
        TimeoutFuture::new(self.limit(timeout), attempt)
    }

    /// Begins an attempt within the call's time limits, and returns its limit.
    #[cfg(feature = "tokio")]
    #[inline]
    fn limit(&mut self, timeout: Option<Duration>) -> CallLimit {
        let mark = self.begin();
        let now = || match self.plan.started {
            Some(started) if self.progress.is_none() => started,
            _ => time::now(),
        };
        let past = Past {
            attempt_number: self.attempt_number(),
            is_empty: self.progress.is_none(),
            waited: self.progress.as_ref().map_or(Duration::ZERO, |it| it.paused()),
        };
        let limits = self.plan.limits();
        let cut = limits.and_then(|limits| limits.cut(now, past, timeout));
        CallLimit::new(mark, cut, self.attempt_span())
    }

    /// Begins an attempt, and spends the tokens that were reserved for it. Call it right before the
    /// operation, after the breaker has admitted the attempt.
    #[inline]
    pub fn begin_attempt(&mut self) {
        self.begin();
    }

    /// Begins an attempt. Returns what the attempt shows to the code inside it, if it is not the
    /// first.
    #[inline]
    fn begin(&mut self) -> Option<AttemptMark> {
        let progress = self.progress.as_mut();
        progress.and_then(|it| it.begin_attempt(self.plan.nested()))
    }

    /// Ends the call with a success. Call it once.
    #[inline]
    #[cfg_attr(feature = "test-util", track_caller)]
    pub fn succeeded(&mut self) {
        #[cfg(feature = "test-util")]
        if self.progress.is_none() {
            super::test_hook::TestHook::begin(Location::caller()).succeeded();
        }
        let is_after_retry = self.progress.as_ref().is_some_and(|it| it.failed > 0);
        telemetry::ended(&mut self.call, Ok(is_after_retry));
        self.span.end(|| {
            let result = if is_after_retry { "success_after_retry" } else { "success" };
            (self.failed_attempts().saturating_add(1), result)
        });
        match &mut self.progress {
            Some(progress) => progress.succeeded(self.plan),
            None => self.plan.pay_in(false),
        }
    }

    /// Returns how long to sleep before the next attempt, after an attempt that did not succeed.
    /// Zero means that the next attempt starts at once. Pass the delay to [`sleep`](Self::sleep) or
    /// [`sleep_blocking`](Self::sleep_blocking).
    ///
    /// Under [`WhenOpen::Wait`](super::WhenOpen::Wait) the delay may be a wait for the circuit: see
    /// [`waits_in`](Self::waits_in). It is then the longest wait.
    ///
    /// If the circuit of the call's breaker is open now, `open` is the breaker's rejection, even if
    /// this attempt opened the circuit. If the circuit is not open, or the call has no breaker,
    /// `open` is `None`.
    ///
    /// # Errors
    ///
    /// Returns the reason why no attempt follows. The call then ends with its last output.
    #[expect(
        clippy::inline_always,
        reason = "otherwise the state of the loop is in memory on the hot path"
    )]
    #[inline(always)]
    #[track_caller]
    pub fn after(
        &mut self,
        end: AttemptEnd<'_>,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        self.after_at(Location::caller(), end, open)
    }

    /// Decides like [`after`](Self::after). Reports of a nested loop name the location `place`.
    #[expect(
        clippy::inline_always,
        reason = "otherwise the state of the loop is in memory on the hot path"
    )]
    #[inline(always)]
    fn after_at(
        &mut self,
        place: &'static Location<'static>,
        end: AttemptEnd<'_>,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        let mut step = Step {
            plan: self.plan,
            progress: self.progress.take(),
            place,
            next: Err(StopReason::Exhausted),
        };
        {
            let _entered = self.span.enter();
            decide::after(&mut step, end, open);
        }
        self.progress = step.progress;
        if let Err(reason) = step.next {
            telemetry::ended(&mut self.call, Err(reason));
            self.span.end(|| (self.failed_attempts().max(1), reason.as_str()));
        }
        step.next
    }
}
