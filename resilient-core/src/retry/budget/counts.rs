//! The counts of a budget. They saturate.

use std::sync::atomic::Ordering::Relaxed;

use super::snapshot::BudgetCounts;
use crate::platform::AtomicU64;

/// A count that saturates.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn count(&self) {
        let mut present = self.0.load(Relaxed);
        while let Some(next) = present.checked_add(1) {
            match self.0.compare_exchange_weak(present, next, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(newer) => present = newer,
            }
        }
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) granted: Counter,
    pub(super) refused: Counter,
    pub(super) spent: Counter,
    pub(super) returned: Counter,
    pub(super) refunded: Counter,
    pub(super) deposited: Counter,
}

impl Counters {
    pub(super) fn get(&self) -> BudgetCounts {
        // `granted` is read last, so that each retry that a snapshot shows as spent or returned is
        // also in its `granted`.
        let (spent, returned) = (self.spent.get(), self.returned.get());
        BudgetCounts {
            granted: self.granted.get(),
            refused: self.refused.get(),
            spent,
            returned,
            refunded: self.refunded.get(),
            deposited: self.deposited.get(),
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn fm_d14_counts_of_a_budget_stay_at_the_largest_number() {
        let counter = Counter(AtomicU64::new(u64::MAX - 1));
        for _ in 0..3 {
            counter.count();
        }
        assert_eq!(counter.get(), u64::MAX);
    }
}
