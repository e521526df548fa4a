//! The totals of leased names that left the registry. The feature `metrics` needs them, so that the
//! counters of a name continue when the name is leased again.

use std::collections::BTreeMap;

use crate::retry::BudgetCounts;
use crate::signal::Name;
#[cfg(feature = "metrics")]
use crate::telemetry::RetryTotals;
use crate::telemetry::Summary;

/// The maximum number of names of each kind whose totals are kept. The limit bounds the memory.
const MOST_NAMES: usize = 1_000;

/// The summed totals of released breakers, budgets and retries, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Released {
    pub(crate) breakers: BTreeMap<Name, Summary>,
    pub(crate) budgets: BTreeMap<Name, BudgetCounts>,
    #[cfg(feature = "metrics")]
    pub(crate) retries: RetrySeries,
}

/// The series of retries. A name gets a series when it is first recorded, and keeps it.
#[cfg(feature = "metrics")]
#[derive(Debug, Clone, Default)]
pub(crate) struct RetrySeries {
    /// The names that have a series, with the totals of retries that were released.
    named: BTreeMap<Name, RetryTotals>,
    /// The totals of released retries without a series.
    others: RetryTotals,
}

/// The label of the retries that have no series.
#[cfg(feature = "metrics")]
const OTHERS: &str = "other";

impl Released {
    /// Keeps the totals of breakers that were released.
    pub(super) fn add_breakers(&mut self, name: &Name, summary: &Summary) {
        if let Some(kept) = totals_of(&mut self.breakers, name) {
            kept.merge(&summary.retired());
        }
    }

    /// Keeps the counts of a budget that was released.
    pub(super) fn add_budget(&mut self, name: &Name, counts: &BudgetCounts) {
        if let Some(kept) = totals_of(&mut self.budgets, name) {
            *kept = kept.plus(counts);
        }
    }

    /// Keeps the totals of a retry that was released.
    #[cfg(feature = "metrics")]
    pub(super) fn add_retry(&mut self, name: &Name, totals: &RetryTotals) {
        let RetrySeries { named, others } = &mut self.retries;
        let kept = totals_of(named, name).unwrap_or(others);
        *kept = kept.plus(totals);
    }

    /// Returns the totals of each series of retries: those of the registered retries (`live`), and
    /// those of retries that were released before `live` was read (`before`). So a retry that is
    /// released in between is not counted twice.
    #[cfg(feature = "metrics")]
    pub(crate) fn retry_series(
        &mut self,
        before: RetrySeries,
        live: impl IntoIterator<Item = (Name, RetryTotals)>,
    ) -> BTreeMap<Name, RetryTotals> {
        let live: Vec<_> = live.into_iter().collect();
        // A retry of the name `other` shares the label.
        for (name, _) in live.iter().filter(|(name, _)| &**name != OTHERS) {
            totals_of(&mut self.retries.named, name);
        }
        let RetrySeries { mut named, mut others } = before;
        for (name, totals) in &live {
            let has_series = self.retries.named.contains_key(name);
            let series =
                if has_series { named.entry(name.clone()).or_default() } else { &mut others };
            *series = series.plus(totals);
        }
        if others != RetryTotals::default() {
            named.insert(Name::from(OTHERS.to_owned()), others);
        }
        named
    }
}

/// Returns the totals of this name, unless too many other names have totals.
fn totals_of<'a, T: Default>(totals: &'a mut BTreeMap<Name, T>, name: &Name) -> Option<&'a mut T> {
    let has_room = totals.len() < MOST_NAMES || totals.contains_key(name);
    has_room.then(|| totals.entry(name.clone()).or_default())
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use super::*;

    #[test]
    fn r15_a_retry_that_is_released_during_a_reading_is_counted_once() {
        let (mut released, name) = (Released::default(), Name::from("search".to_owned()));
        let totals = RetryTotals { retries: 3, ..RetryTotals::default() };
        let before = released.retries.clone();
        let live = [(name.clone(), totals)];
        released.add_retry(&name, &totals);
        assert_eq!(released.retry_series(before, live)[&name].retries, 3);

        let before = released.retries.clone();
        assert_eq!(released.retry_series(before, [])[&name].retries, 3);
    }
}
