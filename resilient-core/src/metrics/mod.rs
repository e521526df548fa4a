//! The feature `metrics`: the counts of breakers and budgets, for the program's recorder.
//!
//! Breakers count healthy calls anyway, so nothing is recorded on the hot path. The recorder is
//! updated when a breaker changes its state, and in [`Registry::record_metrics`], right before the
//! numbers are read.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use crate::registry::Registry;
use crate::retry::BudgetSnapshot;
use crate::telemetry::names::{CALLS, SLOW_CALLS, STATE, TIME_IN_STATE, TRANSITIONS};
use crate::telemetry::{record, totals};

const RETRY_CALLS: &str = "resilient.retry.calls";
const BUDGET_TOKENS: &str = "resilient.budget.tokens";
const BUDGET_CAPACITY: &str = "resilient.budget.capacity";
const BUDGET_RETRIES: &str = "resilient.budget.retries";
const BUDGET_RETURNED: &str = "resilient.budget.returned";

impl Registry {
    /// Updates the recorder of the crate `metrics`. Call it before the numbers are read, for
    /// example in the handler of a scrape, or from time to time.
    ///
    #[doc = include_str!("metrics.md")]
    ///
    /// `breaker` and `budget` are registered names, never a key, so that the code bounds the number
    /// of series. A breaker that changes its state is recorded at once, without this call, unless
    /// its name has a breaker for each key.
    ///
    /// Counters of a name with keys continue when a key is evicted. One reading may then lack the
    /// counts of that key; recorders for which `absolute` is the greatest value so far do not show
    /// this.
    ///
    /// A panic of the recorder is contained where a state changes, and reaches the caller here.
    pub fn record_metrics(&self) {
        describe();
        for (name, entry) in &self.all().entries {
            record(name, &entry.summary());
        }
        for budget in self.budgets() {
            record_budget(&budget);
        }
        if self.is_global() {
            for (result, calls) in totals() {
                counter!(RETRY_CALLS, "result" => result).absolute(calls);
            }
        }
    }
}

fn describe() {
    describe_counter!(CALLS, Unit::Count, "Calls of a circuit breaker, by how they ended");
    describe_counter!(SLOW_CALLS, Unit::Count, "Calls that took at least slow_call");
    describe_counter!(TRANSITIONS, Unit::Count, "How often a circuit breaker went into a state");
    describe_gauge!(STATE, Unit::Count, "Which state a circuit breaker is in: 1, the others 0");
    describe_counter!(
        TIME_IN_STATE,
        Unit::Milliseconds,
        "How long a circuit breaker has been in a state"
    );
    describe_counter!(RETRY_CALLS, Unit::Count, "Calls under a retry, by how they ended");
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

fn record_budget(budget: &BudgetSnapshot) {
    let name = || budget.name.clone();
    gauge!(BUDGET_TOKENS, "budget" => name()).set(budget.tokens);
    gauge!(BUDGET_CAPACITY, "budget" => name()).set(budget.capacity);
    let counts = &budget.counts;
    for (result, count) in [("granted", counts.granted), ("refused", counts.refused)] {
        counter!(BUDGET_RETRIES, "budget" => name(), "result" => result).absolute(count);
    }
    counter!(BUDGET_RETURNED, "budget" => name()).absolute(counts.returned);
}
