//! The conditions that open the circuit, and their tests.

use super::tally::Tally;
use crate::breaker::config::Conditions;
use crate::signal::TransitionReason;

impl Conditions {
    // B5: counts and rates of a window.
    /// Returns the first condition that the window meets, or `None` if it meets none.
    pub(super) fn met(&self, window: Tally) -> Option<TransitionReason> {
        if self.failure_count.is_some_and(|most| window.failures >= u64::from(most)) {
            return Some(TransitionReason::FailureCount);
        }
        if window.calls < u64::from(self.min_calls) {
            return None;
        }
        // With no calls, the rate is 0 / 0 (NaN), which reaches no limit.
        let reached = |part: u64, limit: Option<f64>| {
            limit.is_some_and(|limit| part as f64 / window.calls as f64 >= limit)
        };
        if reached(window.failures, self.failure_rate) {
            Some(TransitionReason::FailureRate)
        } else if reached(window.slow, self.slow_call_rate) {
            Some(TransitionReason::SlowCallRate)
        } else {
            None
        }
    }

    /// Returns `true` if further successes, however many, cannot meet a condition. A success lowers
    /// the rates, but one more call may be enough to trust the rates.
    pub(super) fn no_success_opens(&self, window: Tally) -> bool {
        let has_nothing_bad = window.failures == 0 && window.slow == 0;
        (self.trust_rates_of(window.calls) || has_nothing_bad) && self.met(window).is_none()
    }

    /// Returns whether this many calls are enough to trust a rate. If no rate is set, any number of
    /// calls is enough.
    pub(super) fn trust_rates_of(&self, calls: u64) -> bool {
        calls >= u64::from(self.min_calls)
            || (self.failure_rate.is_none() && self.slow_call_rate.is_none())
    }
}
