//! The streak: consecutive failures, and when they began.

use std::time::Instant;

use crate::breaker::config::Conditions;

#[derive(Debug, Default)]
pub(super) struct Streak {
    failures: u32,
    /// When the first failure of the streak ended. It is recorded only if `failure_span` is set. If
    /// `failure_span` is set during a streak, it is when the next failure ends.
    since: Option<Instant>,
}

impl Streak {
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    // B4: as many failures as `failure_threshold`, over at least `failure_span`.
    /// Adds a call that ends now. Returns whether it is a failure that opens the circuit.
    pub(super) fn record(&mut self, failed: bool, conditions: &Conditions, now: Instant) -> bool {
        let opens = failed && self.spans(conditions, now) && self.is_next_enough(conditions);
        self.record_untimed(failed);
        opens
    }

    /// Adds a call that opens nothing, and whose time does not matter.
    pub(super) fn record_untimed(&mut self, failed: bool) {
        if failed {
            self.failures = self.failures.saturating_add(1);
        } else {
            self.reset();
        }
    }

    /// Returns whether one more failure is enough to open the circuit, if there is no
    /// `failure_span`.
    pub(super) fn is_next_enough(&self, conditions: &Conditions) -> bool {
        let failures = self.failures.saturating_add(1);
        conditions.failure_threshold.is_some_and(|most| failures >= most)
    }

    /// Records the time of a failure. Returns whether the streak lasts long enough.
    fn spans(&mut self, conditions: &Conditions, now: Instant) -> bool {
        let Some(span) = conditions.failure_span else {
            return true;
        };
        // B16: if the clock was set back, the span counts from the new time.
        let since = self.since.map_or(now, |since| since.min(now));
        self.since = Some(since);
        now.saturating_duration_since(since) >= span
    }
}
