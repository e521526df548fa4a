//! The totals of leased names that left the registry. The feature `metrics` needs them, so that the
//! counters of a name continue when the name is leased again.

use std::collections::BTreeMap;

use crate::retry::{BudgetCounts, RetryRecord, RetryTotals};
use crate::signal::Name;
use crate::telemetry::Summary;

/// The maximum number of names of each kind whose totals are kept. The limit bounds the memory.
const MOST_NAMES: usize = 1_000;

/// The summed totals of released breakers, budgets and retries, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Released {
    pub(crate) breakers: BTreeMap<Name, Summary>,
    pub(crate) budgets: BTreeMap<Name, BudgetCounts>,
    pub(crate) retries: BTreeMap<Name, RetryTotals>,
    /// The totals of names that had no series of their own.
    pub(crate) other_retries: RetryTotals,
}

impl Released {
    /// Keeps the totals of breakers that were released.
    pub(super) fn add_breakers(&mut self, name: &Name, summary: &Summary) {
        if let Some(kept) = totals_of(&mut self.breakers, name) {
            kept.merge(&summary.retired());
        }
    }

    /// Keeps the totals of a retry that was released.
    pub(super) fn add_retry(&mut self, name: &Name, record: &RetryRecord) {
        let (totals, has_series) = record.totals();
        let kept = if has_series { totals_of(&mut self.retries, name) } else { None };
        kept.unwrap_or(&mut self.other_retries).merge(&totals);
    }

    /// Keeps the counts of a budget that was released.
    pub(super) fn add_budget(&mut self, name: &Name, counts: &BudgetCounts) {
        if let Some(kept) = totals_of(&mut self.budgets, name) {
            *kept = kept.plus(counts);
        }
    }
}

/// Returns the totals of this name, unless too many other names have totals.
fn totals_of<'a, T: Default>(totals: &'a mut BTreeMap<Name, T>, name: &Name) -> Option<&'a mut T> {
    let has_room = totals.len() < MOST_NAMES || totals.contains_key(name);
    has_room.then(|| totals.entry(name.clone()).or_default())
}
