//! The loop's driver: told how each attempt ended, it says how long to wait, or why to stop.
//!
//! It knows nothing of functions and outputs: the loop is written into the annotated function, and in
//! [`RetryPolicy::run`](super::RetryPolicy::run).

mod decide;
mod progress;
#[cfg(test)]
mod tests;

use std::panic::Location;
use std::time::{Duration, Instant};

use self::decide::Step;
use self::progress::Progress;
#[cfg(feature = "tokio")]
use super::limited::{Attempted, Limited};
#[cfg(feature = "tokio")]
use super::limits::Cut;
use super::limits::Limits;
use super::nested::NestedMode;
use super::policy::RetryPolicy;
use super::scope;
use super::terms::Terms;
use crate::breaker::CircuitOpen;
use crate::signal::Classification;
use crate::signal::StopReason;
use crate::signal::TimeLimit;
use crate::telemetry::{self, RetryCallCount};
use crate::time;

/// The retries of one call.
///
/// A call whose first attempt succeeds has made one and dropped it: no clock (unless a limit needs its start), no random
/// number, no allocation.
#[derive(Debug)]
pub struct RetryDriver<'a> {
    plan: Plan<'a>,
    call: RetryCallCount,
    /// There once an attempt has failed, so that a call that succeeds at once has next to nothing to set up.
    progress: Option<Box<Progress>>,
}

/// What does not change while the call goes on. What is rare is passed this by value: so that it need not be in memory where
/// all goes well.
#[derive(Debug, Clone, Copy)]
struct Plan<'a> {
    policy: &'a RetryPolicy,
    terms: Option<&'a Terms<'a>>,
    started: Option<Instant>,
    needs_timer: bool,
}

impl<'a> RetryDriver<'a> {
    /// Starts a call. Whoever drives it sleeps as it likes.
    #[inline]
    #[must_use]
    pub fn start(policy: &'a RetryPolicy) -> Self {
        Self::new(policy, None, false)
    }

    /// Starts a call that sleeps in an async runtime: where there is none, it ends with
    /// [`StopReason::NoTimer`](crate::retry::StopReason::NoTimer) rather than in a panic.
    #[inline]
    #[must_use]
    pub fn start_async(policy: &'a RetryPolicy) -> Self {
        Self::new(policy, None, true)
    }

    #[inline]
    pub(crate) fn new(
        policy: &'a RetryPolicy,
        terms: Option<&'a Terms<'a>>,
        needs_timer: bool,
    ) -> Self {
        let started = match terms.and_then(|terms| terms.started) {
            None if policy.max_elapsed.is_some() => Some(time::now()),
            started => started,
        };
        Self {
            plan: Plan {
                policy,
                terms,
                started,
                needs_timer,
            },
            call: RetryCallCount::default(),
            progress: None,
        }
    }

    /// The number of the attempt that runs now, or has just failed: from 1.
    #[must_use]
    pub fn attempt_number(&self) -> u32 {
        progress::attempt_number(self.progress.as_deref())
    }

    /// How many attempts there are at most.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.plan.policy.max_retries.saturating_add(1)
    }

    /// Whether an attempt of this call was made and failed.
    #[doc(hidden)]
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.progress
            .as_ref()
            .is_some_and(|progress| progress.has_failed)
    }

    /// How long the call waited before the present attempt.
    #[must_use]
    pub fn last_delay(&self) -> Duration {
        self.progress
            .as_ref()
            .map_or(Duration::ZERO, |progress| progress.last_delay)
    }

    /// When the call started, if that is known.
    #[must_use]
    pub(super) fn started_at(&self) -> Option<Instant> {
        self.plan.started
    }

    /// A plain attempt starts, and runs inside this loop as long as this lives.
    #[inline]
    pub(crate) fn mark(&mut self) -> Option<scope::Entered> {
        let progress = self.progress.as_mut()?;
        progress.mark(self.plan.nested())
    }

    /// An attempt that starts now, as a future.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempted<F>(&mut self, attempt: F) -> Attempted<F> {
        Attempted::new(self.begin_attempt(), attempt)
    }

    /// The same, within its limits.
    #[cfg(feature = "tokio")]
    pub(crate) fn limited<F>(&mut self, attempt: F) -> Limited<F> {
        Limited::new(self.begin_attempt(), self.cut(), attempt)
    }

    /// An attempt starts: what was reserved for it is spent. An attempt that is rejected has not started. `true` if loops
    /// inside it are to see this one.
    #[inline]
    pub(crate) fn begin_attempt(&mut self) -> bool {
        match &mut self.progress {
            None => false,
            Some(progress) => progress.begin_attempt(self.plan.nested()),
        }
    }

    /// Where the attempt that starts now is cut short.
    #[cfg(feature = "tokio")]
    fn cut(&self) -> Option<Cut> {
        let now = || match self.plan.started {
            Some(started) if self.progress.is_none() => started,
            _ => time::now(),
        };
        self.plan.limits()?.cut(now, self.attempt_number())
    }

    pub(crate) fn has_attempt_timeout(&self) -> bool {
        let limits = self.plan.limits();
        limits.is_some_and(|limits| limits.attempt_timeout.is_some())
    }

    /// The call ends with a success. To be called once, at the end.
    #[inline]
    #[cfg_attr(feature = "test-util", track_caller)]
    pub fn succeeded(&mut self) {
        #[cfg(feature = "test-util")]
        if self.progress.is_none() {
            progress::observe_first_success(Location::caller());
        }
        telemetry::ended(&mut self.call, Ok(self.progress.is_some()));
        match &self.progress {
            Some(progress) => progress.succeeded(self.plan),
            None => self.plan.pay_in(false),
        }
    }

    /// An attempt failed. `open` says that the circuit is open now, also if this failure opened it.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[expect(
        clippy::inline_always,
        reason = "else the loop's state is in memory where all goes well"
    )]
    #[inline(always)]
    #[track_caller]
    pub fn after_failure(
        &mut self,
        class: Classification,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        let mut step = self.step(Location::caller(), open);
        decide::after_failure(&mut step, class);
        self.decided(step)
    }

    /// An attempt was cut short by `limit`; `excepted` says that such a failure is not to be retried.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[expect(
        clippy::inline_always,
        reason = "else the loop's state is in memory where all goes well"
    )]
    #[inline(always)]
    #[track_caller]
    pub(crate) fn after_cut(
        &mut self,
        limit: TimeLimit,
        excepted: bool,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        let mut step = self.step(Location::caller(), open);
        decide::after_cut(&mut step, limit, excepted);
        self.decided(step)
    }

    /// An attempt was rejected by the circuit below.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[expect(
        clippy::inline_always,
        reason = "else the loop's state is in memory where all goes well"
    )]
    #[inline(always)]
    #[track_caller]
    pub fn after_rejection(&mut self, open: &CircuitOpen) -> Result<Duration, StopReason> {
        let mut step = self.step(Location::caller(), None);
        decide::after_rejection(&mut step, open);
        self.decided(step)
    }

    #[inline]
    fn step<'o>(
        &mut self,
        place: &'static Location<'static>,
        open: Option<&'o CircuitOpen>,
    ) -> Step<'a, 'o> {
        Step {
            plan: self.plan,
            progress: self.progress.take(),
            place,
            open,
            next: Err(StopReason::Exhausted),
        }
    }

    #[inline]
    fn decided(&mut self, step: Step<'_, '_>) -> Result<Duration, StopReason> {
        self.progress = step.progress;
        if let Err(reason) = step.next {
            telemetry::ended(&mut self.call, Err(reason));
        }
        step.next
    }
}

impl<'a> Plan<'a> {
    fn limits(&self) -> Option<&'a Limits> {
        self.terms.map(|terms| &terms.limits)
    }

    fn nested(&self) -> NestedMode {
        self.terms.map(|terms| terms.nested).unwrap_or_default()
    }

    /// The dependency answered as it should; `is_paid` if the attempt was paid for.
    #[inline]
    fn pay_in(&self, is_paid: bool) {
        if let Some(budget) = self.terms.and_then(|terms| terms.budget) {
            budget.succeeded(is_paid);
        }
    }
}
