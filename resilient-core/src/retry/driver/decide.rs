//! After an attempt that failed: another one, and when, or why not.

use std::panic::Location;
use std::time::Duration;

use super::Retry;
use super::progress::Progress;
use crate::breaker::CircuitOpen;
use crate::outcome::{Class, Outcome};
use crate::retry::give_up::GiveUp;
use crate::retry::policy::WhenOpen;
use crate::retry::timed_out::Limit;
use crate::{telemetry, time};

/// Time that is left, and what it is that ends it.
#[derive(Debug, Clone, Copy)]
struct Left {
    time: Duration,
    reason: GiveUp,
}

impl Retry<'_> {
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

    /// Takes what the retry costs, where there is a budget.
    fn reserve(&mut self) -> Result<(), GiveUp> {
        let Some((budget, progress)) = self.budget.zip(self.progress.as_mut()) else {
            return Ok(());
        };
        progress.reserved = Some(budget.try_reserve().ok_or(GiveUp::Budget)?);
        Ok(())
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
