//! After an attempt that failed: another one, and when, or why not.

use std::panic::Location;
use std::time::Duration;

use super::Plan;
use super::progress::{Progress, attempt_number};
use crate::breaker::CircuitOpen;
use crate::retry::limits::Limits;
use crate::retry::policy::WhenOpen;
use crate::retry::scope;
use crate::signal::StopReason;
use crate::signal::TimeLimit;
use crate::signal::{Classification, Outcome};
use crate::{telemetry, time};

/// A failed attempt, and what becomes of it. It is made for the decision and passed as one, so that nothing of the loop's state
/// is referred to, and thus in memory, where all goes well.
pub(super) struct Step<'a, 'o> {
    pub(super) plan: Plan<'a>,
    pub(super) progress: Option<Box<Progress>>,
    pub(super) place: &'static Location<'static>,
    pub(super) open: Option<&'o CircuitOpen>,
    pub(super) next: Result<Duration, StopReason>,
}

/// An attempt was made, and failed.
#[cold]
pub(super) fn after_failure(step: &mut Step<'_, '_>, class: Classification) {
    let mut decision = Decision::begin(step);
    decision.failed();
    let next = decision.after_class(class, step.open);
    decision.grant(next, step);
}

/// An attempt was cut short by a limit; `excepted` says that such a failure is excepted from retries.
#[cold]
pub(super) fn after_cut(step: &mut Step<'_, '_>, limit: TimeLimit, excepted: bool) {
    telemetry::timed_out(limit, attempt_number(step.progress.as_deref()));
    let mut decision = Decision::begin(step);
    decision.failed();
    let next = match limit {
        TimeLimit::Deadline => Err(StopReason::Deadline),
        TimeLimit::NoTimer => Err(StopReason::NoTimer),
        TimeLimit::AttemptTimeout | TimeLimit::Timeout => {
            let mut class = Classification::transient();
            class.retry = !excepted;
            decision.after_class(class, step.open)
        }
    };
    decision.grant(next, step);
}

/// An attempt was rejected by the circuit below.
#[cold]
pub(super) fn after_rejection(step: &mut Step<'_, '_>, open: &CircuitOpen) {
    let mut decision = Decision::begin(step);
    // The attempt has not started, so it costs nothing.
    decision.progress.reserved = None;
    let next = decision.wait_for_circuit(open, None);
    decision.grant(next, step);
}

/// What a decision is made from.
struct Decision<'a> {
    plan: Plan<'a>,
    progress: Box<Progress>,
}

/// Time that is left, and what it is that ends it.
#[derive(Debug, Clone, Copy)]
struct Left {
    time: Duration,
    reason: StopReason,
}

impl<'a> Decision<'a> {
    fn begin(step: &mut Step<'a, '_>) -> Self {
        let Step { plan, place, .. } = *step;
        let begin = || Box::new(Progress::begin(plan, place));
        let progress = step.progress.take().unwrap_or_else(begin);
        Self { plan, progress }
    }

    fn failed(&mut self) {
        self.progress.has_failed = true;
        self.progress.observed.attempted();
    }

    fn after_class(
        &mut self,
        class: Classification,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
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
        let delay = match self.acceptable(class.retry_after, left)? {
            Some(hint) => delay.max(hint.saturating_add(self.spread())),
            None => delay,
        };
        let delay = fits(delay, left, None)?;
        self.reserve()?;
        Ok(delay)
    }

    /// A hint is a floor here too: the dependency asks for it whether or not the circuit would admit a call before.
    fn wait_for_circuit(
        &mut self,
        open: &CircuitOpen,
        hint: Option<Duration>,
    ) -> Result<Duration, StopReason> {
        if self.plan.policy.when_open == WhenOpen::Stop {
            return Err(StopReason::CircuitOpen);
        }
        self.has_another()?;
        let retry_after = open.retry_after().ok_or(StopReason::CircuitOpen)?;
        let left = self.time_left();
        let hint = self.acceptable(hint, left)?.unwrap_or_default();
        let longest = self.delay().max(retry_after).max(hint);
        let delay = longest.saturating_add(self.spread());
        fits(delay, left, Some(StopReason::CircuitOpen))
    }

    /// Whether there is another attempt by their number.
    fn has_another(&self) -> Result<(), StopReason> {
        let most = self.plan.policy.max_retries;
        if self.progress.retries >= self.progress.observed.max_retries(most) {
            Err(StopReason::Exhausted)
        } else if self.progress.collapsed {
            Err(StopReason::Nested)
        } else {
            Ok(())
        }
    }

    /// Takes what the retry costs, where there is a budget.
    fn reserve(&mut self) -> Result<(), StopReason> {
        if let Some(budget) = self.plan.terms.and_then(|terms| terms.budget) {
            let reserved = budget.try_reserve().ok_or(StopReason::Budget)?;
            self.progress.reserved = Some(reserved);
        }
        Ok(())
    }

    /// What the dependency asks for, unless that is too long.
    fn acceptable(
        &self,
        hint: Option<Duration>,
        left: Option<Left>,
    ) -> Result<Option<Duration>, StopReason> {
        match hint {
            Some(hint) if hint > self.plan.policy.max_retry_after => Err(StopReason::Hint),
            Some(hint) if left.is_some_and(|left| hint >= left.time) => Err(StopReason::Hint),
            hint => Ok(hint),
        }
    }

    fn grant(mut self, next: Result<Duration, StopReason>, step: &mut Step<'_, '_>) {
        let attempt = attempt_number(Some(&self.progress));
        let next = match next {
            Ok(delay) if self.lacks_timer(delay) => {
                // It is not made: what was reserved goes back.
                self.progress.reserved = None;
                Err(StopReason::NoTimer)
            }
            next => next,
        };
        match next {
            Ok(delay) => {
                telemetry::retrying(attempt, delay);
                self.progress.retries = self.progress.retries.saturating_add(1);
                self.progress.last_delay = delay;
                self.progress.observed.waits(delay);
            }
            Err(reason) => {
                telemetry::gave_up(attempt, reason);
                self.progress.observed.ended(Err(reason));
            }
        }
        step.progress = Some(self.progress);
        step.next = next;
    }

    /// Whether there is a delay that nothing can wait for.
    fn lacks_timer(&self, delay: Duration) -> bool {
        self.plan.needs_timer
            && !delay.is_zero()
            && !self.progress.observed.skips_sleeps()
            && !time::has_timer()
    }

    fn time_left(&self) -> Option<Left> {
        let max_elapsed = self.plan.policy.max_elapsed.zip(self.plan.started);
        let own = self.plan.limits().and_then(Limits::deadline);
        let deadline = scope::earlier(own, scope::current().deadline);
        if max_elapsed.is_none() && deadline.is_none() {
            return None;
        }
        let now = time::now();
        let skipped = self.progress.observed.skipped();
        let now = now.checked_add(skipped).unwrap_or(now);
        let of_elapsed = max_elapsed.map(|(most, started)| Left {
            time: most.saturating_sub(now.saturating_duration_since(started)),
            reason: StopReason::Elapsed,
        });
        let of_deadline = deadline.map(|at| Left {
            time: at.saturating_duration_since(now),
            reason: StopReason::Deadline,
        });
        match (of_elapsed, of_deadline) {
            (Some(elapsed), Some(deadline)) if deadline.time < elapsed.time => Some(deadline),
            (elapsed, deadline) => elapsed.or(deadline),
        }
    }

    /// The jittered delay before the next retry.
    fn delay(&mut self) -> Duration {
        let k = self.progress.retries.saturating_add(1);
        self.progress.schedule.delay(self.plan.policy, k)
    }

    fn spread(&mut self) -> Duration {
        self.progress.schedule.spread(self.plan.policy)
    }
}

/// A delay that reaches the end of the time left is useless: nothing could come of the attempt.
fn fits(
    delay: Duration,
    left: Option<Left>,
    otherwise: Option<StopReason>,
) -> Result<Duration, StopReason> {
    match left {
        Some(left) if delay >= left.time => Err(otherwise.unwrap_or(left.reason)),
        _ => Ok(delay),
    }
}
