//! The conditions that open the circuit, and their tests.

use super::tally::Tally;
use crate::breaker::config::{BreakerConfig, Conditions};
use crate::signal::Condition;

// B5: counts and rates of a window.
impl BreakerConfig {
    /// Returns the first condition that the calls in the window and the overdue calls meet, or
    /// `None` if no condition is met.
    pub(super) fn met(&self, window: Tally, overdue: u64) -> Option<Condition> {
        let count = self.failure_count(window).filter(Condition::is_met);
        let rate = || self.failure_rate(window).filter(Condition::is_met);
        count.or_else(rate).or_else(|| self.met_by_slow_calls(window, overdue))
    }

    /// Returns the condition on slow calls if the slow calls in the window and the overdue calls
    /// meet it.
    pub(super) fn met_by_slow_calls(&self, window: Tally, overdue: u64) -> Option<Condition> {
        self.slow_call_rate(window, overdue).filter(Condition::is_met)
    }

    /// Returns the conditions on the window that are set.
    pub(super) fn of_window(&self, window: Tally, overdue: u64) -> impl Iterator<Item = Condition> {
        let conditions = [
            self.failure_count(window),
            self.failure_rate(window),
            self.slow_call_rate(window, overdue),
        ];
        conditions.into_iter().flatten()
    }

    #[inline]
    fn failure_count(&self, Tally { failures, .. }: Tally) -> Option<Condition> {
        let (limit, window) = (self.conditions.failure_count?, self.window?);
        Some(Condition::FailureCount { failures, limit, window })
    }

    #[inline]
    fn failure_rate(&self, Tally { failures, calls, .. }: Tally) -> Option<Condition> {
        let (limit, least_calls) = (self.conditions.failure_rate?, self.conditions.min_calls);
        Some(Condition::FailureRate { failures, calls, limit, least_calls })
    }

    // B19: an overdue call counts as a slow call that has ended.
    #[inline]
    fn slow_call_rate(&self, window: Tally, overdue: u64) -> Option<Condition> {
        let (limit, least_calls) = (self.conditions.slow_call_rate?, self.conditions.min_calls);
        let slow = window.slow.saturating_add(overdue);
        let calls = window.calls.saturating_add(overdue);
        Some(Condition::SlowCallRate { slow, calls, limit, least_calls })
    }

    /// Returns `true` if further successes, however many, cannot meet a condition. A success lowers
    /// the rates, but it can bring the window to `min_calls`, and the rates are trusted from then
    /// on.
    pub(super) fn no_success_opens(&self, window: Tally, overdue: u64) -> bool {
        let has_nothing_bad = window.failures == 0 && window.slow == 0 && overdue == 0;
        (self.conditions.trust_rates_of(window.calls) || has_nothing_bad)
            && self.met(window, overdue).is_none()
    }
}

impl Conditions {
    /// Returns whether this many calls are enough to trust a rate. If no rate is set, any number of
    /// calls is enough.
    pub(super) fn trust_rates_of(&self, calls: u64) -> bool {
        calls >= u64::from(self.min_calls)
            || (self.failure_rate.is_none() && self.slow_call_rate.is_none())
    }
}
