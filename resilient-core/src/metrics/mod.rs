//! The feature `metrics`: passes the counts of breakers and budgets to the program's recorder.
//!
//! Breakers count healthy calls themselves, so the hot path writes nothing to the recorder. The
//! recorder is updated when a breaker changes its state, and by [`Registry::record_metrics`], which
//! the program calls right before the numbers are read.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

use crate::registry::{Registry, Released, TableCounts};
use crate::retry::{BudgetCounts, BudgetSnapshot};
use crate::telemetry::names::{
    CALLS, IN_FLIGHT, OVERDUE, REJECTIONS, SLOW_CALLS, STATE, TIME_IN_STATE, TRANSITIONS, WAITING,
};
use crate::telemetry::retry_names::{
    ATTEMPTS, CALLS as RETRY_CALLS, RETRIES, WAITING_TIME, WAITS as RETRY_WAITS,
};
use crate::telemetry::{DURATION, measure_durations, record, record_unnamed};

const OVERRIDES: &str = "resilient.override.tables";
const BUDGET_TOKENS: &str = "resilient.budget.tokens";
const BUDGET_CAPACITY: &str = "resilient.budget.capacity";
const BUDGET_RETRIES: &str = "resilient.budget.retries";
const BUDGET_RETURNED: &str = "resilient.budget.returned";

impl Registry {
    /// Updates the recorder of the crate `metrics`. Call this before the numbers are read, for
    /// example in the handler of a scrape, or at regular intervals.
    ///
    #[doc = include_str!("metrics.md")]
    ///
    /// The labels `breaker`, `budget` and `retry` are registered names and never keys, so the
    /// number of series does not grow with the keys. The first 1 000 names of retries have series,
    /// and the rest share the label `other`. Calls of a policy without a name have the label
    /// `unnamed`, recorded by the [global](Registry::global) registry. A breaker that changes its
    /// state is recorded at once, without this call, unless its name has a breaker for each key. If
    /// a key is evicted, the counters of its name continue. One reading may then lack the counts of
    /// that key. So may a reading at the moment at which a leased name leaves the registry, see
    /// below: it may lack the counts of that name. A recorder whose `absolute` keeps the greatest
    /// value so far does not show these gaps.
    ///
    /// When a [leased](Registry::lease) name leaves the registry, its counters stay, and continue
    /// when the name is leased again. This holds for 1 000 names of breakers, of budgets and of
    /// retries; the counters of further names start at zero again. The series of a name that code
    /// [unregisters](Registry::unregister) are no longer updated.
    ///
    /// If the recorder panics while a breaker changes its state, the panic is contained. If the
    /// recorder panics in this method, the panic reaches the caller.
    pub fn record_metrics(&self) {
        describe();
        let Released { mut breakers, mut budgets, retries } = self.released().clone();
        for (name, entry) in &self.all().entries {
            let mut summary = breakers.remove(name).unwrap_or_default();
            summary.merge(&entry.summary());
            record(name, &summary);
        }
        for (name, summary) in &breakers {
            record(name, summary);
        }
        for budget in self.budgets() {
            let before = budgets.remove(&*budget.name).unwrap_or_default();
            record_level(&budget);
            record_counts(&budget.name, &before.plus(&budget.counts));
        }
        for (name, counts) in &budgets {
            record_counts(name, counts);
        }
        let live = self.retry_totals();
        let series = self.released().retry_series(retries, live);
        for (name, totals) in series {
            totals.record(&name);
        }
        if self.is_global() {
            record_unnamed();
            for TableCounts { section, live, waiting } in self.count_override_tables() {
                for (state, tables) in [("live", live), ("waiting", waiting)] {
                    gauge!(OVERRIDES, "section" => section, "state" => state).set(tables as f64);
                }
            }
        }
    }

    /// Turns the histogram `resilient.breaker.duration` on or off, for all breakers of the process.
    /// It is off at first.
    ///
    /// While it is on, each call that ends writes its duration in seconds to the recorder, with the
    /// label `breaker`: from the first poll of its future, or the start of a plain function, to its
    /// output. A call that is cancelled is not measured, and neither is a call by hand outside
    /// [`Permit::within`](crate::breaker::Permit::within) and
    /// [`Permit::scope`](crate::breaker::Permit::scope), or an async function whose body awaits
    /// nothing. A measured call reads the clock twice. Breakers in no registry are measured, too:
    /// give them few different names, because each name is a series.
    ///
    /// ```
    /// use resilient_core::registry::Registry;
    ///
    /// Registry::measure_durations(true);
    /// # Registry::measure_durations(false);
    /// ```
    pub fn measure_durations(is_on: bool) {
        describe();
        measure_durations(is_on);
    }
}

fn describe() {
    describe_counter!(CALLS, Unit::Count, "Calls of a circuit breaker, by how they ended");
    describe_counter!(REJECTIONS, Unit::Count, "Rejected calls, by the state that rejected them");
    describe_histogram!(DURATION, Unit::Seconds, "How long calls of a circuit breaker take");
    describe_counter!(SLOW_CALLS, Unit::Count, "Calls that took at least slow_call");
    describe_gauge!(IN_FLIGHT, Unit::Count, "Calls that were admitted and have not ended");
    describe_gauge!(OVERDUE, Unit::Count, "Calls in flight that have taken at least slow_call");
    describe_gauge!(WAITING, Unit::Count, "Calls that wait for a circuit now");
    describe_counter!(TRANSITIONS, Unit::Count, "How often a circuit breaker went into a state");
    describe_gauge!(STATE, Unit::Count, "Which state a circuit breaker is in: 1, the others 0");
    describe_counter!(
        TIME_IN_STATE,
        Unit::Milliseconds,
        "How long a circuit breaker has been in a state"
    );
    describe_counter!(RETRY_CALLS, Unit::Count, "Calls under a retry, by how they ended");
    describe_counter!(ATTEMPTS, Unit::Count, "Attempts of calls under a retry that ended");
    describe_counter!(RETRIES, Unit::Count, "Retries that were granted");
    describe_counter!(RETRY_WAITS, Unit::Count, "Waits of calls under a retry for a circuit");
    describe_counter!(
        WAITING_TIME,
        Unit::Milliseconds,
        "How long calls under a retry slept or waited between attempts"
    );
    describe_gauge!(OVERRIDES, Unit::Count, "Tables of overrides, by whether they apply to a name");
    describe_gauge!(BUDGET_TOKENS, Unit::Count, "Tokens in the bucket of a retry budget");
    describe_gauge!(
        BUDGET_CAPACITY,
        Unit::Count,
        "Tokens that fit into the bucket of a retry budget"
    );
    describe_counter!(
        BUDGET_RETRIES,
        Unit::Count,
        "Retries that a budget was asked for, by what it said"
    );
    describe_counter!(
        BUDGET_RETURNED,
        Unit::Count,
        "Granted retries that were cancelled before their attempt"
    );
}

fn record_level(budget: &BudgetSnapshot) {
    let name = || budget.name.clone();
    gauge!(BUDGET_TOKENS, "budget" => name()).set(budget.tokens);
    gauge!(BUDGET_CAPACITY, "budget" => name()).set(budget.capacity);
}

fn record_counts(name: &str, counts: &BudgetCounts) {
    let name = || name.to_owned();
    for (result, count) in [("granted", counts.granted), ("refused", counts.refused)] {
        counter!(BUDGET_RETRIES, "budget" => name(), "result" => result).absolute(count);
    }
    counter!(BUDGET_RETURNED, "budget" => name()).absolute(counts.returned);
}
