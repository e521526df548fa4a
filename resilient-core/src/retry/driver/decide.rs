//! After an attempt that failed: another one, and when, or why not.

use std::panic::Location;
use std::time::Duration;

use super::Plan;
use super::progress::{Progress, attempt_number};
use crate::breaker::CircuitOpen;
use crate::outcome::{Class, Outcome};
use crate::retry::give_up::GiveUp;
use crate::retry::limits::Limits;
use crate::retry::policy::WhenOpen;
use crate::retry::scope;
use crate::retry::timed_out::Limit;
use crate::{telemetry, time};

/// What comes next. The progress goes in and comes out by value: were it referred to, it and all beside it would be in memory
/// where all goes well.
pub(super) struct Decided {
    pub(super) progress: Box<Progress>,
    pub(super) next: Result<Duration, GiveUp>,
}

/// An attempt was made, and failed.
#[cold]
pub(super) fn after_failure(
    plan: Plan<'_>,
    progress: Option<Box<Progress>>,
    place: &'static Location<'static>,
    class: Class,
    open: Option<&CircuitOpen>,
) -> Decided {
    let mut decision = Decision::begin(plan, progress, place);
    decision.failed();
    let next = decision.after_class(class, open);
    decision.grant(next)
}

/// An attempt was cut short by a limit; the other word says that such a failure is excepted from retries.
#[cold]
pub(super) fn after_cut(
    plan: Plan<'_>,
    progress: Option<Box<Progress>>,
    place: &'static Location<'static>,
    (limit, excepted): (Limit, bool),
    open: Option<&CircuitOpen>,
) -> Decided {
    telemetry::timed_out(limit, attempt_number(progress.as_deref()));
    let mut decision = Decision::begin(plan, progress, place);
    decision.failed();
    let next = match limit {
        Limit::Deadline => Err(GiveUp::Deadline),
        Limit::NoTimer => Err(GiveUp::NoTimer),
        Limit::AttemptTimeout | Limit::Timeout => {
            let mut class = Class::transient();
            class.retry = !excepted;
            decision.after_class(class, open)
        }
    };
    decision.grant(next)
}

/// An attempt was rejected by the circuit below.
#[cold]
pub(super) fn after_rejection(
    plan: Plan<'_>,
    progress: Option<Box<Progress>>,
    place: &'static Location<'static>,
    open: &CircuitOpen,
) -> Decided {
    let mut decision = Decision::begin(plan, progress, place);
    // The attempt has not started, so it costs nothing.
    decision.progress.reserved = None;
    let next = decision.wait_for_circuit(open, None);
    decision.grant(next)
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
    reason: GiveUp,
}

impl<'a> Decision<'a> {
    fn begin(
        plan: Plan<'a>,
        progress: Option<Box<Progress>>,
        place: &'static Location<'static>,
    ) -> Self {
        let begin = || Box::new(Progress::begin(plan, place));
        let progress = progress.unwrap_or_else(begin);
        Self { plan, progress }
    }

    fn failed(&mut self) {
        self.progress.has_failed = true;
        self.progress.observed.attempted();
    }

    fn after_class(
        &mut self,
        class: Class,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, GiveUp> {
        if !class.retry {
            if class.health == Outcome::Success {
                self.plan.pay_in(self.progress.is_paid);
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

    /// A hint is a floor here too: the dependency asks for it whether or not the circuit would admit a call before.
    fn wait_for_circuit(
        &mut self,
        open: &CircuitOpen,
        hint: Option<Duration>,
    ) -> Result<Duration, GiveUp> {
        if self.plan.policy.when_open == WhenOpen::Stop {
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
        let most = self.plan.policy.max_retries;
        if self.progress.retries >= self.progress.observed.max_retries(most) {
            Err(GiveUp::Exhausted)
        } else if self.progress.collapsed {
            Err(GiveUp::Nested)
        } else {
            Ok(())
        }
    }

    /// Takes what the retry costs, where there is a budget.
    fn reserve(&mut self) -> Result<(), GiveUp> {
        if let Some(budget) = self.plan.terms.and_then(|terms| terms.budget) {
            let reserved = budget.try_reserve().ok_or(GiveUp::Budget)?;
            self.progress.reserved = Some(reserved);
        }
        Ok(())
    }

    /// What the dependency asks for, unless that is too long.
    fn acceptable(
        &self,
        hint: Option<Duration>,
        left: Option<Left>,
    ) -> Result<Option<Duration>, GiveUp> {
        match hint {
            Some(hint) if hint > self.plan.policy.max_hint => Err(GiveUp::Hint),
            Some(hint) if left.is_some_and(|left| hint >= left.time) => Err(GiveUp::Hint),
            hint => Ok(hint),
        }
    }

    fn grant(mut self, next: Result<Duration, GiveUp>) -> Decided {
        let attempt = attempt_number(Some(&self.progress));
        let next = match next {
            Ok(delay) if self.lacks_timer(delay) => {
                // It is not made: what was reserved goes back.
                self.progress.reserved = None;
                Err(GiveUp::NoTimer)
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
        Decided {
            progress: self.progress,
            next,
        }
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
    otherwise: Option<GiveUp>,
) -> Result<Duration, GiveUp> {
    match left {
        Some(left) if delay >= left.time => Err(otherwise.unwrap_or(left.reason)),
        _ => Ok(delay),
    }
}
