//! The feature `metrics`: what breakers and budgets count, for whatever recorder the program has installed.
//!
//! Healthy calls are counted by the breaker already, at no cost to speak of. So nothing is recorded on the hot path: the
//! recorder is brought up to date when a breaker changes its state, and when [`Registry::record_metrics`] is called, which
//! is right before the numbers are read.

mod calls;

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

pub(crate) use self::calls::{Call, ended};
use crate::breaker::CircuitState;
use crate::breaker::shared::Core;
use crate::keyed::Summary;
use crate::platform::{contain, discard};
use crate::registry::Registry;
use crate::retry::BudgetSnapshot;

const CALLS: &str = "resilient.breaker.calls";
const SLOW_CALLS: &str = "resilient.breaker.slow_calls";
const TRANSITIONS: &str = "resilient.breaker.transitions";
const STATE: &str = "resilient.breaker.state";
const RETRY_CALLS: &str = "resilient.retry.calls";
const TIME_IN_STATE: &str = "resilient.breaker.time_in_state";
const BUDGET_TOKENS: &str = "resilient.budget.tokens";
const BUDGET_CAPACITY: &str = "resilient.budget.capacity";
const BUDGET_RETRIES: &str = "resilient.budget.retries";
const BUDGET_RETURNED: &str = "resilient.budget.returned";

/// Brings the recorder up to date with one registered breaker.
pub(crate) fn changed(core: &Core) {
    let snapshot = core.snapshot();
    let mut summary = Summary::default();
    summary.add(&snapshot);
    // The recorder is foreign code.
    if let Err(payload) = contain(|| record(&snapshot.name, &summary)) {
        discard(payload);
    }
}

impl Registry {
    /// Brings the recorder of the crate `metrics` up to date: call it before the numbers are read, as in the handler of a
    /// scrape, or from time to time.
    ///
    /// | metric | kind | labels | what |
    /// |---|---|---|---|
    /// | `resilient.breaker.calls` | counter | `breaker`, `result`: `success`, `failure`, `ignored`, `abandoned`, `late`, `rejected` | calls; each is in exactly one |
    /// | `resilient.breaker.slow_calls` | counter | `breaker` | of the successes and failures, those that took at least `slow_call` |
    /// | `resilient.breaker.transitions` | counter | `breaker`, `to`: a state | how often the breaker went into each state |
    /// | `resilient.breaker.state` | gauge | `breaker`, `state`: `closed`, `open`, `half_open`, `forced_open`, `disabled`, `observe_only` | 1 for the state that it is in, 0 for the others; of a name with keys, how many are in each |
    /// | `resilient.breaker.time_in_state` | counter, milliseconds | `breaker`, `state` | how long the breaker has been in each state |
    /// | `resilient.retry.calls` | counter | `result`: `success`, `success_after_retry`, a reason of [`StopReason`](crate::StopReason), `cancelled`, `panicked` | calls under a retry, of the whole process, recorded by the [global](Registry::global) registry; each is in exactly one |
    /// | `resilient.budget.tokens` | gauge | `budget` | what is in the bucket of a retry budget |
    /// | `resilient.budget.capacity` | gauge | `budget` | what fits into it |
    /// | `resilient.budget.retries` | counter | `budget`, `result`: `granted`, `refused` | retries that were asked for; each is in exactly one |
    /// | `resilient.budget.returned` | counter | `budget` | of those granted, the ones that were cancelled before their attempt |
    ///
    /// `breaker` and `budget` are registered names, never a key, so that the number of series is bounded by the code. A breaker that
    /// changes its state is recorded at once, without this call, unless it is one of several of its name.
    ///
    /// Counters of a name with keys go on when a key is forgotten. While that happens, one reading may lack what it had
    /// counted; recorders that take `absolute` for what it is, the greatest value so far, show nothing of it.
    ///
    /// A panic of the recorder's is contained where a state changes, and goes to the caller here.
    pub fn record_metrics(&self) {
        describe();
        for (name, member) in self.all().members() {
            record(name, &member.summary());
        }
        for budget in self.budgets() {
            record_budget(&budget);
        }
        if self.is_global() {
            for (result, calls) in calls::totals() {
                counter!(RETRY_CALLS, "result" => result).absolute(calls);
            }
        }
    }
}

fn describe() {
    describe_counter!(
        CALLS,
        Unit::Count,
        "Calls of a circuit breaker, by how they ended"
    );
    describe_counter!(
        SLOW_CALLS,
        Unit::Count,
        "Calls that took at least slow_call"
    );
    describe_counter!(
        TRANSITIONS,
        Unit::Count,
        "How often a circuit breaker went into a state"
    );
    describe_gauge!(
        STATE,
        Unit::Count,
        "Which state a circuit breaker is in: 1, the others 0"
    );
    describe_counter!(
        TIME_IN_STATE,
        Unit::Milliseconds,
        "How long a circuit breaker has been in a state"
    );
    describe_counter!(
        RETRY_CALLS,
        Unit::Count,
        "Calls under a retry, by how they ended"
    );
    describe_gauge!(
        BUDGET_TOKENS,
        Unit::Count,
        "Tokens in the bucket of a retry budget"
    );
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

fn record(name: &str, summary: &Summary) {
    let breaker = || name.to_owned();
    let totals = &summary.totals;
    for (result, count) in [
        ("success", totals.success),
        ("failure", totals.failure),
        ("ignored", totals.ignored),
        ("abandoned", totals.abandoned),
        ("late", totals.late),
        ("rejected", totals.rejected),
    ] {
        counter!(CALLS, "breaker" => breaker(), "result" => result).absolute(count);
    }
    counter!(SLOW_CALLS, "breaker" => breaker()).absolute(totals.slow);
    for (state, in_state) in CircuitState::ALL.into_iter().zip(summary.in_state) {
        let to = summary.transitions.of(state);
        counter!(TRANSITIONS, "breaker" => breaker(), "to" => state.as_str()).absolute(to);
        gauge!(STATE, "breaker" => breaker(), "state" => state.as_str()).set(in_state as f64);
        let millis = u64::try_from(summary.times.of(state).as_millis()).unwrap_or(u64::MAX);
        counter!(TIME_IN_STATE, "breaker" => breaker(), "state" => state.as_str()).absolute(millis);
    }
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
