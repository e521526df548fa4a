//! The streak: consecutive failures, and when they began.

use std::time::{Duration, Instant};

use crate::breaker::config::Conditions;
use crate::signal::Condition;

#[derive(Debug, Default)]
pub(super) struct Streak {
    failures: u32,
    /// When the first failure of the streak ended; `None` without `failure_span`. If `failure_span`
    /// is set during a streak, the time counts from the next failure.
    since: Option<Instant>,
}

impl Streak {
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn reset(&mut self) {
        self.set(0);
    }

    /// Returns the number of consecutive failures after one more call.
    #[inline]
    pub(super) fn failures_after(&self, failed: bool) -> u32 {
        if failed { self.failures.saturating_add(1) } else { 0 }
    }

    /// Sets the number of consecutive failures after one more call.
    #[inline]
    pub(super) fn set(&mut self, failures: u32) {
        self.failures = failures;
        if failures == 0 {
            self.since = None;
        }
    }

    // B4: the circuit opens after `failure_threshold` consecutive failures that last for at least
    // `failure_span`.
    /// Adds a call that ends now. Returns the condition if the call is a failure that opens the
    /// circuit.
    pub(super) fn record(
        &mut self,
        failed: bool,
        conditions: &Conditions,
        now: Instant,
    ) -> Option<Condition> {
        self.set(self.failures_after(failed));
        if !failed {
            return None;
        }
        if conditions.failure_span.is_some() {
            // B16: if the clock was set back to before the first failure, the span counts from
            // `now`.
            self.since = Some(self.since.map_or(now, |since| since.min(now)));
        }
        self.condition(conditions, now).filter(Condition::is_met)
    }

    /// Returns the condition on consecutive failures if it is set.
    pub(super) fn condition(&self, conditions: &Conditions, now: Instant) -> Option<Condition> {
        let lasted =
            || self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        Some(Condition::ConsecutiveFailures {
            failures: self.failures,
            limit: conditions.failure_threshold?,
            lasting: conditions.failure_span.map(|span| (lasted(), span)),
        })
    }
}

impl Conditions {
    /// Returns whether this many consecutive failures are enough to open the circuit.
    #[inline]
    pub(super) fn are_enough(&self, failures: u32) -> bool {
        // Zero failures are never enough, because the threshold is at least 1.
        self.failure_threshold.is_some_and(|most| failures >= most)
    }
}
