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

use self::progress::Progress;
use super::budget::RetryBudget;
#[cfg(feature = "tokio")]
use super::limited::{Attempted, Limited};
#[cfg(feature = "tokio")]
use super::limits::Cut;
use super::limits::Limits;
use super::nested::{self, Nested};
use super::observed::Observed;
use super::policy::RetryPolicy;
use super::schedule::Schedule;
use super::scope;
use crate::telemetry::{self, Call};
use crate::time;

/// The retries of one call.
///
/// A call whose first attempt succeeds has made one and dropped it: no clock (unless a limit needs its start), no random
/// number, no allocation.
#[derive(Debug)]
pub struct Retry<'a> {
    policy: &'a RetryPolicy,
    budget: Option<&'a RetryBudget>,
    started: Option<Instant>,
    limits: Limits,
    nested: Nested,
    needs_timer: bool,
    call: Call,
    /// There once an attempt has failed, so that a call that succeeds at once has next to nothing to set up.
    progress: Option<Box<Progress>>,
}

impl<'a> Retry<'a> {
    /// Starts a call. Whoever drives it sleeps as it likes.
    #[inline]
    #[must_use]
    pub fn start(policy: &'a RetryPolicy) -> Self {
        Self {
            policy,
            budget: None,
            started: policy.max_elapsed.is_some().then(time::now),
            limits: Limits::default(),
            nested: Nested::Warn,
            needs_timer: false,
            call: Call::default(),
            progress: None,
        }
    }

    /// Starts a call that sleeps in an async runtime: where there is none, it ends with [`GiveUp::NoTimer`](crate::GiveUp::NoTimer) rather than
    /// in a panic.
    #[inline]
    #[must_use]
    pub fn start_async(policy: &'a RetryPolicy) -> Self {
        let mut retry = Self::start(policy);
        retry.needs_timer = true;
        retry
    }

    /// Reads the clock, so that attempts know the time since the call's start.
    #[inline]
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.started.get_or_insert_with(time::now);
        self
    }

    /// Bounds the whole call, from its start on, and each attempt. What the limits say, an asynchronous loop has to keep:
    /// see the expansion of `#[retry]` and [`run`](RetryPolicy::run).
    #[must_use]
    pub(crate) fn limits(
        mut self,
        deadline: Option<Duration>,
        attempt_timeout: Option<Duration>,
    ) -> Self {
        if deadline.is_some() || attempt_timeout.is_some() {
            let started = *self.started.get_or_insert_with(time::now);
            self.limits = Limits::starting(started, deadline, attempt_timeout);
        }
        self
    }

    /// Pays retries from a budget. `None` is no budget.
    ///
    /// Whoever drives the loop says [where an attempt begins](Self::begin_attempt).
    #[inline]
    #[must_use]
    pub fn budgeted(mut self, budget: Option<&'a RetryBudget>) -> Self {
        self.budget = budget;
        self
    }

    /// What this loop does inside another one.
    #[inline]
    #[must_use]
    pub fn nested(mut self, nested: Nested) -> Self {
        self.nested = nested;
        self
    }

    /// The number of the attempt that runs now, or has just failed: from 1.
    #[must_use]
    pub fn attempt_number(&self) -> u32 {
        self.retries().saturating_add(1)
    }

    /// How many attempts there are at most.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.policy.max_retries.saturating_add(1)
    }

    /// Whether an attempt of this call was made and failed.
    #[doc(hidden)]
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.progress
            .as_ref()
            .is_some_and(|progress| progress.has_failed)
    }

    #[inline]
    fn is_retrying(&self) -> bool {
        self.progress.is_some()
    }

    /// Whether loops inside the attempt that starts now see this one.
    #[inline]
    fn is_seen(&self) -> bool {
        self.is_retrying() && self.nested != Nested::Allow
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
        self.started
    }

    fn retries(&self) -> u32 {
        self.progress
            .as_ref()
            .map_or(0, |progress| progress.retries)
    }

    /// An attempt starts: what was reserved for it is spent. An attempt that is rejected has not started.
    #[inline]
    pub fn begin_attempt(&mut self) {
        if self.progress.is_some() {
            self.spend();
        }
    }

    #[cold]
    fn spend(&mut self) {
        if let Some(progress) = &mut self.progress {
            let reserved = progress.reserved.take();
            progress.is_paid = reserved.is_some();
            if let Some(reserved) = reserved {
                reserved.spend();
            }
        }
    }

    /// A plain attempt starts, and runs inside this loop as long as this lives.
    #[inline]
    pub(crate) fn mark(&mut self) -> Option<scope::Entered> {
        self.begin_attempt();
        self.is_seen().then(|| scope::enter(true, None))
    }

    /// An attempt that starts now, as a future.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn attempted<F>(&mut self, attempt: F) -> Attempted<F> {
        self.begin_attempt();
        Attempted::new(self.is_seen(), attempt)
    }

    /// The same, within its limits.
    #[cfg(feature = "tokio")]
    pub(crate) fn limited<F>(&mut self, attempt: F) -> Limited<F> {
        self.begin_attempt();
        Limited::new(self.is_seen(), self.cut(), attempt)
    }

    /// Where the attempt that starts now is cut short.
    #[cfg(feature = "tokio")]
    fn cut(&self) -> Option<Cut> {
        let now = || match self.started {
            Some(started) if !self.is_retrying() => started,
            _ => time::now(),
        };
        self.limits.cut(now, self.attempt_number())
    }

    pub(crate) fn has_attempt_timeout(&self) -> bool {
        self.limits.attempt_timeout.is_some()
    }

    /// The call ends with a success. To be called once, at the end.
    #[inline]
    #[cfg_attr(feature = "test-util", track_caller)]
    pub fn succeeded(&mut self) {
        #[cfg(feature = "test-util")]
        self.observe_success(Location::caller());
        telemetry::ended(&mut self.call, Ok(self.progress.is_some()));
        self.pay_in();
        if self.is_retrying() {
            self.recovered();
        }
    }

    #[cfg(feature = "test-util")]
    fn observe_success(&self, place: &'static Location<'static>) {
        let observe = |observed: &Observed| {
            observed.attempted();
            observed.ended(Ok(()));
        };
        match &self.progress {
            Some(progress) => observe(&progress.observed),
            None => observe(&Observed::begin(place)),
        }
    }

    #[cold]
    fn recovered(&self) {
        telemetry::recovered(self.attempt_number());
    }

    /// The dependency answered as it should.
    #[inline]
    fn pay_in(&mut self) {
        if let Some(budget) = self.budget {
            budget.succeeded(self.progress.as_ref().is_some_and(|it| it.is_paid));
        }
    }

    /// Begun with the first failure, which is where a loop inside another one begins to multiply.
    fn progress(&mut self, place: &'static Location<'static>) -> &mut Progress {
        let Self { policy, nested, .. } = *self;
        self.progress.get_or_insert_with(|| {
            let observed = Observed::begin(place);
            Box::new(Progress {
                has_failed: false,
                collapsed: nested::is_collapsed(nested, place),
                retries: 0,
                last_delay: Duration::ZERO,
                reserved: None,
                is_paid: false,
                schedule: Schedule::new(observed.seed(policy.seed)),
                observed,
            })
        })
    }
}
