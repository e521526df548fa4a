//! The conditions that open the circuit, and their tests.

use super::tally::Tally;
use crate::breaker::config::Conditions;
use crate::signal::TransitionReason;

impl Conditions {
    // B5: counts and rates of a window.
    /// Returns the first condition that the calls in the window and the overdue calls meet, or
    /// `None` if no condition is met.
    pub(super) fn met(&self, window: Tally, overdue: u64) -> Option<TransitionReason> {
        if self.failure_count.is_some_and(|most| window.failures >= u64::from(most)) {
            return Some(TransitionReason::FailureCount);
        }
        if self.reached(window.failures, window.calls, self.failure_rate) {
            return Some(TransitionReason::FailureRate);
        }
        self.met_by_slow_calls(window, overdue)
    }

    // B19: an overdue call counts as a slow call that has ended.
    /// Returns the condition on slow calls if the slow calls in the window and the overdue calls
    /// meet it.
    pub(super) fn met_by_slow_calls(
        &self,
        window: Tally,
        overdue: u64,
    ) -> Option<TransitionReason> {
        let slow = window.slow.saturating_add(overdue);
        let calls = window.calls.saturating_add(overdue);
        let reached = self.reached(slow, calls, self.slow_call_rate);
        reached.then_some(TransitionReason::SlowCallRate)
    }

    fn reached(&self, part: u64, calls: u64, limit: Option<f64>) -> bool {
        // With no calls, the rate is 0 / 0 (NaN), which reaches no limit.
        calls >= u64::from(self.min_calls)
            && limit.is_some_and(|limit| part as f64 / calls as f64 >= limit)
    }

    /// Returns `true` if further successes, however many, cannot meet a condition. A success lowers
    /// the rates, but it can bring the window to `min_calls`, and the rates are trusted from then
    /// on.
    pub(super) fn no_success_opens(&self, window: Tally, overdue: u64) -> bool {
        let has_nothing_bad = window.failures == 0 && window.slow == 0 && overdue == 0;
        (self.trust_rates_of(window.calls) || has_nothing_bad)
            && self.met(window, overdue).is_none()
    }

    /// Returns whether this many calls are enough to trust a rate. If no rate is set, any number of
    /// calls is enough.
    pub(super) fn trust_rates_of(&self, calls: u64) -> bool {
        calls >= u64::from(self.min_calls)
            || (self.failure_rate.is_none() && self.slow_call_rate.is_none())
    }
}
