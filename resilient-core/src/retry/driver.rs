//! The loop's driver: told how each attempt ended, it says how long to wait, or why to stop.
//!
//! It knows nothing of functions and outputs: the loop is written into the annotated function, and in
//! [`RetryPolicy::run`](super::RetryPolicy::run).

use std::panic::Location;
use std::time::{Duration, Instant};

use super::budget::{Reservation, RetryBudget};
use super::give_up::GiveUp;
#[cfg(feature = "tokio")]
use super::limited::{Attempted, Limited};
#[cfg(feature = "tokio")]
use super::limits::Cut;
use super::limits::Limits;
use super::nested::{self, Nested};
use super::observed::Observed;
use super::policy::{RetryPolicy, WhenOpen};
use super::schedule::Schedule;
use super::scope;
use super::timed_out::Limit;
use crate::breaker::CircuitOpen;
use crate::outcome::{Class, Outcome};
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

/// How far the retries of one call have got.
#[derive(Debug)]
struct Progress {
    /// An attempt was made and failed, rather than rejected.
    has_failed: bool,
    /// The loop must not go on, since it runs inside another one.
    collapsed: bool,
    /// Retries that were granted so far.
    retries: u32,
    last_delay: Duration,
    /// What the next attempt costs, until it starts.
    reserved: Option<Reservation>,
    /// The present attempt was paid for.
    is_paid: bool,
    schedule: Schedule,
    observed: Observed,
}

/// Time that is left, and what it is that ends it.
#[derive(Debug, Clone, Copy)]
struct Left {
    time: Duration,
    reason: GiveUp,
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

    /// Starts a call that sleeps in an async runtime: where there is none, it ends with [`GiveUp::NoTimer`] rather than
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

    /// An attempt failed. `open` says that the circuit is open now, also if this failure opened it.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[cold]
    #[track_caller]
    pub fn after_failure(
        &mut self,
        class: Class,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, GiveUp> {
        let place = Location::caller();
        self.failed(place);
        let next = self.decide(class, open);
        self.grant(next)
    }

    /// An attempt was cut short by `limit`; `excepted` says that such a failure is not to be retried.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[cold]
    #[track_caller]
    pub(crate) fn after_cut(
        &mut self,
        limit: Limit,
        excepted: bool,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, GiveUp> {
        let place = Location::caller();
        telemetry::timed_out(limit, self.attempt_number());
        self.failed(place);
        let next = match limit {
            Limit::Deadline => Err(GiveUp::Deadline),
            Limit::NoTimer => Err(GiveUp::NoTimer),
            Limit::AttemptTimeout | Limit::Timeout => {
                let mut class = Class::transient();
                class.retry = !excepted;
                self.decide(class, open)
            }
        };
        self.grant(next)
    }

    /// An attempt was rejected by the circuit below.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[cold]
    #[track_caller]
    pub fn after_rejection(&mut self, open: &CircuitOpen) -> Result<Duration, GiveUp> {
        // The attempt has not started, so it costs nothing.
        self.progress(Location::caller()).reserved = None;
        let next = self.wait_for_circuit(open, None);
        self.grant(next)
    }

    /// The dependency answered as it should.
    #[inline]
    fn pay_in(&mut self) {
        if let Some(budget) = self.budget {
            budget.succeeded(self.progress.as_ref().is_some_and(|it| it.is_paid));
        }
    }

    fn failed(&mut self, place: &'static Location<'static>) {
        let progress = self.progress(place);
        progress.has_failed = true;
        progress.observed.attempted();
    }

    fn decide(&mut self, class: Class, open: Option<&CircuitOpen>) -> Result<Duration, GiveUp> {
        if !class.retry {
            if class.health == Outcome::Success {
                self.pay_in();
            }
            return Err(GiveUp::NotRetryable);
        }
        if let Some(open) = open {
            return self.wait_for_circuit(open, class.retry_after);
        }
        self.has_another()?;
        let left = self.time_left();
        let delay = self.delay();
        let delay = match self.acceptable(class.retry_after, left)? {
            Some(hint) => delay.max(hint.saturating_add(self.spread())),
            None => delay,
        };
        let delay = fits(delay, left, None)?;
        self.reserve()?;
        Ok(delay)
    }

    /// Takes what the retry costs, where there is a budget.
    fn reserve(&mut self) -> Result<(), GiveUp> {
        let Some((budget, progress)) = self.budget.zip(self.progress.as_mut()) else {
            return Ok(());
        };
        progress.reserved = Some(budget.try_reserve().ok_or(GiveUp::Budget)?);
        Ok(())
    }

    /// A hint is a floor here too: the dependency asks for it whether or not the circuit would admit a call before.
    fn wait_for_circuit(
        &mut self,
        open: &CircuitOpen,
        hint: Option<Duration>,
    ) -> Result<Duration, GiveUp> {
        if self.policy.when_open == WhenOpen::Stop {
            return Err(GiveUp::CircuitOpen);
        }
        self.has_another()?;
        let retry_after = open.retry_after().ok_or(GiveUp::CircuitOpen)?;
        let left = self.time_left();
        let hint = self.acceptable(hint, left)?.unwrap_or_default();
        let longest = self.delay().max(retry_after).max(hint);
        let delay = longest.saturating_add(self.spread());
        fits(delay, left, Some(GiveUp::CircuitOpen))
    }

    /// Whether there is another attempt by their number.
    fn has_another(&self) -> Result<(), GiveUp> {
        let progress = self.progress.as_deref();
        let own = self.policy.max_retries;
        let most = progress.map_or(own, |it| it.observed.max_retries(own));
        if self.retries() >= most {
            Err(GiveUp::Exhausted)
        } else if progress.is_some_and(|it| it.collapsed) {
            Err(GiveUp::Nested)
        } else {
            Ok(())
        }
    }

    /// What the dependency asks for, unless that is too long.
    fn acceptable(
        &self,
        hint: Option<Duration>,
        left: Option<Left>,
    ) -> Result<Option<Duration>, GiveUp> {
        match hint {
            Some(hint) if hint > self.policy.max_hint => Err(GiveUp::Hint),
            Some(hint) if left.is_some_and(|left| hint >= left.time) => Err(GiveUp::Hint),
            hint => Ok(hint),
        }
    }

    fn grant(&mut self, next: Result<Duration, GiveUp>) -> Result<Duration, GiveUp> {
        let next = match next {
            Ok(delay) if self.lacks_timer(delay) => {
                // It is not made: what was reserved goes back.
                if let Some(progress) = &mut self.progress {
                    progress.reserved = None;
                }
                Err(GiveUp::NoTimer)
            }
            next => next,
        };
        let attempt = self.attempt_number();
        match next {
            Ok(delay) => {
                telemetry::retrying(attempt, delay);
                if let Some(progress) = &mut self.progress {
                    progress.retries = progress.retries.saturating_add(1);
                    progress.last_delay = delay;
                    progress.observed.waits(delay);
                }
            }
            Err(reason) => {
                telemetry::gave_up(attempt, reason);
                telemetry::ended(&mut self.call, Err(reason));
                if let Some(progress) = &self.progress {
                    progress.observed.ended(Err(reason));
                }
            }
        }
        next
    }

    /// Whether there is a delay that nothing can wait for.
    fn lacks_timer(&self, delay: Duration) -> bool {
        let skips = |progress: &Progress| progress.observed.skips_sleeps();
        self.needs_timer
            && !delay.is_zero()
            && !self.progress.as_deref().is_some_and(skips)
            && !time::has_timer()
    }

    fn retries(&self) -> u32 {
        self.progress
            .as_ref()
            .map_or(0, |progress| progress.retries)
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

    fn time_left(&self) -> Option<Left> {
        let max_elapsed = self.policy.max_elapsed.zip(self.started);
        let deadline = self.limits.deadline();
        if max_elapsed.is_none() && deadline.is_none() {
            return None;
        }
        let skipped = self.progress.as_ref().map(|it| it.observed.skipped());
        let now = time::now();
        let now = skipped
            .and_then(|skipped| now.checked_add(skipped))
            .unwrap_or(now);
        let of_elapsed = max_elapsed.map(|(most, started)| Left {
            time: most.saturating_sub(now.saturating_duration_since(started)),
            reason: GiveUp::Elapsed,
        });
        let of_deadline = deadline.map(|at| Left {
            time: at.saturating_duration_since(now),
            reason: GiveUp::Deadline,
        });
        match (of_elapsed, of_deadline) {
            (Some(elapsed), Some(deadline)) if deadline.time < elapsed.time => Some(deadline),
            (elapsed, deadline) => elapsed.or(deadline),
        }
    }

    /// The jittered delay before the next retry.
    fn delay(&mut self) -> Duration {
        let policy = self.policy;
        self.progress.as_mut().map_or(Duration::ZERO, |progress| {
            let k = progress.retries.saturating_add(1);
            progress.schedule.delay(policy, k)
        })
    }

    fn spread(&mut self) -> Duration {
        let policy = self.policy;
        self.progress
            .as_mut()
            .map_or(Duration::ZERO, |progress| progress.schedule.spread(policy))
    }
}

/// A delay that reaches the end of the time left is useless: nothing could come of the attempt.
fn fits(
    delay: Duration,
    left: Option<Left>,
    otherwise: Option<GiveUp>,
) -> Result<Duration, GiveUp> {
    match left {
        Some(left) if delay >= left.time => Err(otherwise.unwrap_or(left.reason)),
        _ => Ok(delay),
    }
}
