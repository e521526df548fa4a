//! The calls that a closed or observe-only breaker remembers: the streak of failures, and a window.

use std::time::Instant;

use super::count::CountWindow;
use super::streak::Streak;
use super::tally::{Call, Tally};
use super::time::TimeWindow;
use crate::breaker::config::{BreakerConfig, Window};
use crate::signal::{Condition, WindowCounts};

/// The time until which successes can be deferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum Until {
    Ever,
    End(Instant),
}

/// The streak and the window of a closed or observe-only breaker.
#[derive(Debug)]
pub(in crate::breaker) struct Health {
    streak: Streak,
    /// The number of overdue calls, at most `u32::MAX`.
    overdue: u32,
    window: Option<Box<Recent>>,
}

#[derive(Debug)]
enum Recent {
    Calls(CountWindow),
    Time(TimeWindow),
}

impl Health {
    /// Starts with no remembered calls. The first bucket of a window of time begins now.
    pub(in crate::breaker) fn new(config: &BreakerConfig, now: Instant) -> Self {
        Self {
            streak: Streak::default(),
            overdue: 0,
            window: config.window.and_then(|window| {
                Some(Box::new(match window {
                    Window::Calls(calls) => Recent::Calls(CountWindow::new(calls)),
                    Window::Time(time) => {
                        Recent::Time(TimeWindow::new(time, config.window_buckets, now))
                    }
                    // This version of `resilient-settings` has no other kind of window.
                    _ => return None,
                }))
            }),
        }
    }

    /// Records a counted call. Returns the condition that is met after this call, if any.
    pub(in crate::breaker) fn record(
        &mut self,
        call: Call,
        config: &BreakerConfig,
        now: Instant,
    ) -> Option<Condition> {
        let streak = self.streak.record(call.failed, &config.conditions, now);
        let tally = match self.window.as_deref_mut() {
            None => None,
            Some(Recent::Calls(window)) => {
                window.push(call);
                Some(window.tally)
            }
            Some(Recent::Time(window)) => {
                window.push(call, now);
                Some(window.tally(now))
            }
        };
        streak.or_else(|| config.met(tally?, self.overdue()))
    }

    /// Records a call that is not slow, without reading the clock. Does nothing and returns `false`
    /// if the time is needed: to find the bucket of the call, to compute how long a streak lasts,
    /// or to open the circuit. Call this only if slow calls are not configured; no call is then
    /// overdue.
    #[inline]
    pub(in crate::breaker) fn record_untimed(
        &mut self,
        failed: bool,
        config: &BreakerConfig,
    ) -> bool {
        let conditions = &config.conditions;
        let call = Call { failed, slow: false };
        let failures = self.streak.failures_after(failed);
        if conditions.are_enough(failures) || failed && conditions.failure_span.is_some() {
            return false;
        }
        match self.window.as_deref_mut() {
            None => {}
            Some(Recent::Calls(window)) => {
                let tally = window.tally_with(call);
                if config.met(tally, 0).is_some() {
                    return false;
                }
                window.push_known(call, tally);
            }
            Some(Recent::Time(_)) => return false,
        }
        self.streak.set(failures);
        true
    }

    /// Records successes that were deferred as [`Health::pending_until`] allowed. `end` is the end
    /// of the bucket in which they were deferred.
    pub(in crate::breaker) fn record_pending(&mut self, many: u64, end: Instant) {
        self.streak.reset();
        match self.window.as_deref_mut() {
            None => {}
            Some(Recent::Calls(window)) => window.push_successes(many),
            Some(Recent::Time(window)) => window.push_successes(many, end),
        }
    }

    /// Returns until when successes that are not slow can be deferred, or `None` if they cannot be
    /// deferred. Successes can be deferred while none of them opens the circuit and their order
    /// does not matter. With a window of calls there is no end; with a window of time, the end is
    /// the end of its newest bucket.
    pub(in crate::breaker) fn pending_until(&self, config: &BreakerConfig) -> Option<Until> {
        let (tally, until) = match self.window.as_deref()? {
            Recent::Calls(window) => (window.tally, Until::Ever),
            Recent::Time(window) => {
                let until = window.end_of_newest().map_or(Until::Ever, Until::End);
                (window.tally, until)
            }
        };
        config.no_success_opens(tally, self.overdue()).then_some(until)
    }

    /// Returns the condition that the calls in the window meet now. The streak is tested only at a
    /// failure.
    pub(in crate::breaker) fn met(
        &self,
        config: &BreakerConfig,
        now: Instant,
    ) -> Option<Condition> {
        config.met(self.tally(now)?, self.overdue())
    }

    /// Returns the condition on slow calls if it is met and at least one call is overdue.
    pub(in crate::breaker) fn met_by_overdue(
        &self,
        config: &BreakerConfig,
        now: Instant,
    ) -> Option<Condition> {
        if self.overdue == 0 {
            return None;
        }
        config.met_by_slow_calls(self.tally(now)?, self.overdue())
    }

    /// Returns the conditions that can open the circuit, with the number of overdue calls that the
    /// caller passes.
    pub(in crate::breaker) fn conditions(
        &self,
        config: &BreakerConfig,
        now: Instant,
        overdue: u64,
    ) -> Vec<Condition> {
        let streak = self.streak.condition(&config.conditions, now);
        let window = self.tally(now).into_iter().flat_map(|tally| config.of_window(tally, overdue));
        streak.into_iter().chain(window).collect()
    }

    /// Returns when calls may next leave the window because time passes.
    pub(in crate::breaker) fn expires_at(&self, now: Instant) -> Option<Instant> {
        match self.window.as_deref()? {
            Recent::Calls(_) => None,
            Recent::Time(window) => window.end_of_present(now),
        }
    }

    pub(in crate::breaker) fn overdue(&self) -> u64 {
        u64::from(self.overdue)
    }

    pub(in crate::breaker) fn set_overdue(&mut self, overdue: u64) {
        self.overdue = u32::try_from(overdue).unwrap_or(u32::MAX);
    }

    /// Returns whether another success would change neither the streak nor the window.
    pub(in crate::breaker) fn is_clean(&self) -> bool {
        self.streak.failures() == 0
            && match self.window.as_deref() {
                None => true,
                Some(Recent::Calls(window)) => window.is_full_of_successes(),
                Some(Recent::Time(_)) => false,
            }
    }

    pub(in crate::breaker) fn trusts_rates(&self, config: &BreakerConfig) -> bool {
        let calls = match self.window.as_deref() {
            None => 0,
            Some(Recent::Calls(window)) => window.tally.calls,
            Some(Recent::Time(window)) => window.tally.calls,
        };
        config.conditions.trust_rates_of(calls)
    }

    pub(in crate::breaker) fn streak(&self) -> u32 {
        self.streak.failures()
    }

    /// Returns whether no failed or slow call is remembered. A breaker that remembers only
    /// successes can be replaced by a new one, because successes only keep a rate below its limit.
    pub(in crate::breaker) fn has_no_trouble(&self, now: Instant) -> bool {
        let Tally { failures, slow, .. } = self.tally(now).unwrap_or_default();
        self.streak() == 0 && failures == 0 && slow == 0
    }

    pub(in crate::breaker) fn has_window(&self) -> bool {
        self.window.is_some()
    }

    /// Returns the counts of the remembered calls for operators.
    pub(in crate::breaker) fn counts(&self, now: Instant, overdue: u64) -> WindowCounts {
        let Tally { calls, failures, slow } = self.tally(now).unwrap_or_default();
        WindowCounts { calls, failures, slow, overdue, consecutive_failures: self.streak() }
    }

    /// Returns the tally of the calls that are in the window now.
    fn tally(&self, now: Instant) -> Option<Tally> {
        self.window.as_deref().map(|window| match window {
            Recent::Calls(window) => window.tally,
            Recent::Time(window) => window.tally(now),
        })
    }

    /// Applies new settings. The streak stays. If the old and the new window are both of calls, or
    /// both of time, the new window takes over as many calls as it can hold.
    pub(in crate::breaker) fn reconfigure(&mut self, config: &BreakerConfig, now: Instant) {
        let fresh = Self::new(config, now);
        self.window = match (self.window.take().map(|old| *old), fresh.window.map(|new| *new)) {
            (Some(Recent::Calls(old)), Some(Recent::Calls(new))) => {
                Some(Recent::Calls(new.after(&old)))
            }
            (Some(Recent::Time(old)), Some(Recent::Time(new))) => {
                Some(Recent::Time(new.after(&old, now)))
            }
            (_, new) => new,
        }
        .map(Box::new);
    }
}
