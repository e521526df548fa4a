//! Decides after an attempt that did not succeed: when there is another one, or why not.

use std::panic::Location;
use std::time::Duration;

use super::attempt_end::AttemptEnd;
use super::plan::Plan;
use super::progress::{Progress, attempt_number};
use crate::breaker::CircuitOpen;
use crate::retry::limits::Limits;
use crate::retry::policy::WhenOpen;
use crate::retry::scope;
use crate::signal::StopReason;
use crate::signal::TimeLimit;
use crate::signal::{Classification, Outcome};
use crate::{telemetry, time};

/// The state of a loop during one decision. It moves here and back, so that nothing refers to the
/// loop's own variables: on the hot path they stay in registers.
pub(super) struct Step<'a> {
    pub(super) plan: Plan<'a>,
    pub(super) progress: Option<Box<Progress>>,
    pub(super) place: &'static Location<'static>,
    pub(super) next: Result<Duration, StopReason>,
}

/// Decides whether there is another attempt, and when.
#[cold]
#[inline(never)]
pub(super) fn after(step: &mut Step<'_>, end: AttemptEnd<'_>, open: Option<&CircuitOpen>) {
    if let AttemptEnd::Cut { limit, .. } = end {
        telemetry::timed_out(limit, attempt_number(step.progress.as_deref()));
    }
    let mut decision = Decision::begin(step);
    let next = match end {
        AttemptEnd::Failed(class) => {
            decision.failed();
            decision.after_class(class, open)
        }
        AttemptEnd::Cut { limit, excepted } => {
            decision.failed();
            decision.after_cut(limit, excepted, open)
        }
        AttemptEnd::Rejected(open) => {
            // The attempt has not started, so it costs nothing.
            decision.progress.reserved = None;
            decision.wait_for_circuit(open, None)
        }
    };
    decision.grant(next, step);
}

/// A decision in the making.
struct Decision<'a> {
    plan: Plan<'a>,
    progress: Box<Progress>,
}

/// The time left, and the limit that ends it.
#[derive(Debug, Clone, Copy)]
struct Left {
    time: Duration,
    reason: StopReason,
}

impl<'a> Decision<'a> {
    fn begin(step: &mut Step<'a>) -> Self {
        let Step { plan, place, .. } = *step;
        let begin = || Box::new(Progress::begin(plan, place));
        let progress = step.progress.take().unwrap_or_else(begin);
        Self { plan, progress }
    }

    fn failed(&mut self) {
        self.progress.has_failed = true;
        self.progress.hook.attempted();
    }

    fn after_cut(
        &mut self,
        limit: TimeLimit,
        excepted: bool,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, StopReason> {
        match limit {
            TimeLimit::Deadline => Err(StopReason::Deadline),
            TimeLimit::NoTimer => Err(StopReason::NoTimer),
            TimeLimit::AttemptTimeout | TimeLimit::Timeout => {
                let mut class = Classification::transient();
                class.retry = !excepted;
                self.after_class(class, open)
            }
        }
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

    /// A hint is a floor here too: the dependency asks for it whether or not the circuit would admit
    /// a call earlier.
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

    /// Refuses a retry that the number of attempts does not allow.
    fn has_another(&self) -> Result<(), StopReason> {
        let most = self.plan.policy.max_retries;
        if self.progress.retries >= self.progress.hook.max_retries(most) {
            Err(StopReason::Exhausted)
        } else if self.progress.collapsed {
            Err(StopReason::Nested)
        } else {
            Ok(())
        }
    }

    /// Reserves what the retry costs, if there is a budget.
    fn reserve(&mut self) -> Result<(), StopReason> {
        if let Some(budget) = self.plan.options.and_then(|options| options.budget) {
            let reserved = budget.try_reserve().ok_or(StopReason::Budget)?;
            self.progress.reserved = Some(reserved);
        }
        Ok(())
    }

    /// The wait that the dependency asks for, unless it is too long.
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

    fn grant(mut self, next: Result<Duration, StopReason>, step: &mut Step<'_>) {
        let attempt = attempt_number(Some(&self.progress));
        let next = match next {
            Ok(delay) if self.lacks_timer(delay) => {
                // The attempt is not made, so the reserved token goes back.
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
                self.progress.hook.waits(delay);
            }
            Err(reason) => {
                telemetry::gave_up(attempt, reason);
                self.progress.hook.ended(Err(reason));
            }
        }
        step.progress = Some(self.progress);
        step.next = next;
    }

    /// Whether the call has to sleep and there is no timer to sleep with.
    fn lacks_timer(&self, delay: Duration) -> bool {
        self.plan.needs_timer
            && !delay.is_zero()
            && !self.progress.hook.skips_sleeps()
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
        let skipped = self.progress.hook.skipped();
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

/// Refuses a delay that reaches the end of the time left: the attempt after it could not finish.
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
