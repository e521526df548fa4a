//! The log lines of retry budgets.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use crate::platform::contain;
use crate::telemetry::targets::BUDGET;

/// Whether a budget has refused a retry since its bucket was last half full.
///
/// An outage makes a budget refuse and grant retries in turns, because some calls still succeed.
/// So a budget counts as recovered only when it can pay for a good number of retries again.
#[derive(Debug, Default)]
pub(crate) struct BudgetWatch {
    has_refused: AtomicBool,
}

impl BudgetWatch {
    /// Logs the first refusal. `prices` returns the capacity and the cost of a retry. A budget that
    /// is switched off, with the capacity zero, logs nothing.
    pub(crate) fn refused(&self, budget: &str, prices: impl FnOnce() -> (u32, u32)) {
        let (capacity, retry_cost) = prices();
        if capacity == 0 || self.has_refused.swap(true, Relaxed) {
            return;
        }
        contain(|| {
            tracing::warn!(
                target: BUDGET, budget, capacity, retry_cost, "retry budget ran out"
            );
        });
    }

    /// Logs the first grant after which half of the capacity is left, or before which the bucket
    /// was full: a large cost leaves less than half of a full bucket. `level` returns the tokens
    /// that are left and the capacity.
    pub(crate) fn granted(&self, budget: &str, cost: u32, level: impl FnOnce() -> (u32, u32)) {
        if !self.has_refused.load(Relaxed) {
            return;
        }
        let (tokens, capacity) = level();
        let enough = (capacity / 2).min(capacity.saturating_sub(cost));
        if tokens >= enough && self.has_refused.swap(false, Relaxed) {
            contain(|| {
                tracing::info!(target: BUDGET, budget, tokens, capacity, "retry budget recovered");
            });
        }
    }
}
