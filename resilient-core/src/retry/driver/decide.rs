//! Decides what follows an attempt that did not succeed: another attempt, or the end of the call.

use std::panic::Location;
use std::time::Duration;

use super::attempt_end::{AttemptEnd, NotRun};
use super::plan::Plan;
use super::progress::{Progress, attempt_number};
use super::time_left::Left;
use crate::breaker::CircuitOpen;
use crate::event::{Event, EventKind};
use crate::retry::budget::RetryBudget;
use crate::retry::circuit_pause::WaitTimes;
use crate::retry::policy::{RetryPolicy, WhenOpen};
use crate::retry::test_hook::CallRecord;
use crate::signal::{Classification, Outcome, StopReason};
use crate::telemetry::{self, RetryLine};
use crate::time;

/// The state of a loop during one decision. The loop moves its variables into this value and back,
/// so that no reference to them exists and the hot path keeps them in registers.
pub(super) struct Step<'a> {
    pub(super) plan: Plan<'a>,
    pub(super) progress: Option<Box<Progress>>,
    pub(super) place: &'static Location<'static>,
    pub(super) next: Result<Duration, StopReason>,
}

#[cold]
#[inline(never)]
pub(super) fn after(step: &mut Step<'_>, end: AttemptEnd<'_>, open: Option<&CircuitOpen>) {
    if let AttemptEnd::Cut { limit, .. } = end {
        let attempt = attempt_number(step.progress.as_deref());
        telemetry::timed_out(step.plan.retry_name(), limit, attempt);
    }
    let Step { plan, place, .. } = *step;
    let overridden = overridden(plan);
    let policy = overridden.as_ref().unwrap_or(plan.policy);
    let begin = || Box::new(Progress::begin(plan, policy.seed, place));
    let mut progress = step.progress.take().unwrap_or_else(begin);
    progress.max_retries = policy.max_retries;
    let mut decision = Decision { plan: Plan { policy, ..plan }, progress };
    decision.progress.pause.wait = None;
    let has_run = !matches!(end, AttemptEnd::Rejected(_) | AttemptEnd::NotStarted(_));
    decision.progress.is_retry = has_run;
    decision.progress.is_failure = end.is_failure();
    if has_run || !policy.remember_errors {
        let text = end.text().filter(|_| policy.remember_errors);
        decision.progress.text = text.filter(|text| !text.is_empty());
    }
    let (next, open) = match end.class() {
        Ok(class) => (decision.after_attempt(class, open), open),
        Err(not_run) => {
            // The attempt has not started, so its tokens return to the budget.
            decision.progress.reserved = None;
            decision.progress.pause_ended();
            match not_run {
                NotRun::Rejected(open) => (decision.wait_for_circuit(open, None), Some(open)),
                NotRun::NotStarted(reason) => (Err(reason), None),
            }
        }
    };
    decision.grant(next, open, step);
}

// R15: an override reaches a running call at its next failure. A retry that was granted before is
// still made: without it, a call that no longer has its output could not end.
/// Returns the policy of the call under the override of its name, or `None` if no override is
/// set.
pub(super) fn overridden(plan: Plan<'_>) -> Option<RetryPolicy> {
    let record = plan.record()?;
    let (policy, errors) = record.overlay()?.over(plan.policy);
    if !errors.is_empty() && record.reports_contradiction() {
        for error in errors {
            let event = Event::of_retry(record.name().clone(), EventKind::InvalidSetting(error));
            telemetry::notify_global(&event);
        }
    }
    Some(policy)
}

/// The intermediate state of a decision.
struct Decision<'p> {
    plan: Plan<'p>,
    progress: Box<Progress>,
}

impl Decision<'_> {
    fn after_attempt(
        &mut self,
        class: Result<Classification, StopReason>,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        self.progress.failed = self.progress.failed.saturating_add(1);
        if let Some(record) = self.progress.hook.record() {
            record.attempted();
        }
        self.after_class(class?, open)
    }

    fn after_class(
        &mut self,
        class: Classification,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        // R8
        if !class.retry {
            if class.health == Outcome::Success {
                self.plan.pay_in(self.progress.is_paid);
            }
            return Err(StopReason::NotRetryable);
        }
        if let Some(open) = open {
            return self.wait_for_circuit(open, class.retry_after);
        }
        self.has_another()?;
        let left = self.time_left();
        let delay = self.delay();
        // R4
        let delay = match self.acceptable(class.retry_after, left)? {
            Some(hint) => delay.max(hint.saturating_add(self.spread())),
            None => delay,
        };
        let delay = fits(delay, left, None)?;
        let budget = self.plan.budget();
        if let Some(budget) = budget.filter(|budget| budget.is_off() || !self.is_free(class)) {
            let reserved = budget.try_reserve().ok_or(StopReason::Budget)?;
            self.progress.reserved = Some(reserved);
        }
        Ok(delay)
    }

    // R7
    /// Returns whether the next attempt costs no token: the dependency is healthy, but asked for a
    /// pause that is at least as long as the delay of the policy.
    fn is_free(&self, class: Classification) -> bool {
        let nominal = || self.plan.policy.nominal_delay(self.next_retry());
        class.health == Outcome::Ignored && class.retry_after.is_some_and(|hint| hint >= nominal())
    }

    // R9
    /// Returns the wait until the circuit may admit a call. The wait is never shorter than a hint,
    /// even if the circuit would admit a call earlier.
    fn wait_for_circuit(
        &mut self,
        open: &CircuitOpen,
        hint: Option<Duration>,
    ) -> Result<Duration, StopReason> {
        if self.plan.policy.when_open == WhenOpen::Stop {
            return Err(StopReason::CircuitOpen);
        }
        if self.progress.is_retry {
            self.has_another()?;
        } else {
            self.is_alone()?;
        }
        // A wait is no attempt, but a call may wait only as often as it may retry.
        if self.progress.waits >= self.most_retries() {
            return Err(StopReason::CircuitOpen);
        }
        let retry_after = open.retry_after().ok_or(StopReason::CircuitOpen)?;
        let left = self.time_left();
        let hint = self.acceptable(hint, left)?.unwrap_or_default();
        let least = self.delay().max(hint);
        let spread = self.spread();
        let most = least.max(retry_after).saturating_add(spread);
        fits(most, left, Some(StopReason::CircuitOpen))?;
        self.progress.pause.wait = Some(WaitTimes { least, spread, most, state: open.state() });
        Ok(most)
    }

    // R1
    fn has_another(&self) -> Result<(), StopReason> {
        if self.progress.retries >= self.most_retries() {
            return Err(StopReason::Exhausted);
        }
        self.is_alone()
    }

    fn most_retries(&self) -> u32 {
        let most = self.plan.policy.max_retries;
        let of_test = self.progress.hook.record().map(CallRecord::max_retries);
        most.min(of_test.unwrap_or(most))
    }

    fn is_alone(&self) -> Result<(), StopReason> {
        if self.progress.collapsed { Err(StopReason::Nested) } else { Ok(()) }
    }

    /// Returns the hint, if there is one. If the hint is too long, returns the reason to stop.
    fn acceptable(
        &self,
        hint: Option<Duration>,
        left: Option<Left>,
    ) -> Result<Option<Duration>, StopReason> {
        match hint {
            Some(hint) if hint > self.plan.policy.max_retry_after => Err(StopReason::Hint),
            Some(hint) if left.is_some_and(|(left, _)| hint >= left) => Err(StopReason::Hint),
            hint => Ok(hint),
        }
    }

    fn grant(
        mut self,
        next: Result<Duration, StopReason>,
        open: Option<&CircuitOpen>,
        step: &mut Step<'_>,
    ) {
        let next = match next {
            Ok(delay) if self.lacks_timer(delay) => {
                // The attempt will not run, so the reserved tokens return to the budget.
                self.progress.reserved = None;
                Err(StopReason::NoTimer)
            }
            next => next,
        };
        self.progress.count_step(next.err());
        match next {
            Ok(delay) => self.go_on(delay, open),
            Err(reason) => self.give_up(reason),
        }
        step.next = next;
        step.progress = Some(self.progress);
    }

    fn go_on(&mut self, delay: Duration, open: Option<&CircuitOpen>) {
        let line = self.line();
        if self.progress.is_retry {
            telemetry::retrying(&line, delay);
        }
        if let (Some(open), Some(_)) = (open, self.progress.pause.wait) {
            telemetry::waiting(&line, open, delay);
        }
        let progress = &mut self.progress;
        progress.paused_before = progress.paused();
        progress.pause.delay = delay;
        if progress.is_retry {
            progress.retries = progress.retries.saturating_add(1);
        }
        if progress.pause.wait.is_some() {
            progress.waits = progress.waits.saturating_add(1);
        }
        if let Some(record) = progress.hook.record() {
            if progress.pause.wait.is_some() {
                record.waits(delay);
            } else {
                record.sleeps(delay);
            }
        }
    }

    fn give_up(&mut self, reason: StopReason) {
        self.progress.is_retry = false;
        self.progress.pause.wait = None;
        telemetry::gave_up(&self.line(), reason);
        if let Some(record) = self.progress.hook.record() {
            record.ended(Err(reason));
        }
    }

    /// Returns what the log says about the call.
    fn line(&self) -> RetryLine<'_> {
        let budget = self.plan.budget();
        RetryLine {
            retry: self.plan.retry_name(),
            attempt: self.progress.failed,
            max_attempts: self.progress.max_retries.saturating_add(1),
            error: self.progress.text.as_ref(),
            budget: budget.map(RetryBudget::name),
            tokens: budget.map(RetryBudget::tokens),
        }
    }

    /// Returns whether the call must sleep but has no timer.
    fn lacks_timer(&self, delay: Duration) -> bool {
        let record = self.progress.hook.record();
        self.plan.needs_timer
            && !delay.is_zero()
            && !record.is_some_and(CallRecord::skips_sleeps)
            && !time::has_timer()
    }

    fn time_left(&self) -> Option<Left> {
        let skipped = self.progress.hook.record().map(CallRecord::skipped);
        self.plan.time_left(self.plan.policy.max_elapsed, skipped.unwrap_or_default())
    }

    /// Returns the jittered delay before the next retry.
    fn delay(&mut self) -> Duration {
        let k = self.next_retry();
        self.progress.schedule.delay(self.plan.policy, k)
    }

    /// Returns the number of the retry to which the next delay belongs, counted from 1. After a
    /// rejection, this is the retry that was granted before and has not run.
    fn next_retry(&self) -> u32 {
        let is_next = u32::from(self.progress.is_retry);
        self.progress.retries.saturating_add(is_next).max(1)
    }

    /// Returns a random addition to a wait that all clients share, so that they do not return
    /// together.
    fn spread(&mut self) -> Duration {
        self.progress.schedule.spread(self.plan.policy)
    }
}

// R5
/// Refuses a delay that uses up the time left: the next attempt could not finish.
fn fits(
    delay: Duration,
    left: Option<Left>,
    otherwise: Option<StopReason>,
) -> Result<Duration, StopReason> {
    match left {
        Some((left, reason)) if delay >= left => Err(otherwise.unwrap_or(reason)),
        _ => Ok(delay),
    }
}
