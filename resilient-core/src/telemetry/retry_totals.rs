//! The feature `metrics`: what is recorded about the retries of one name.

use std::time::Duration;

use metrics::counter;

use super::retry_calls::{ResultTotals, UNNAMED, unnamed_waits};

/// The names of a retry's metrics.
pub(crate) mod names {
    pub(crate) const CALLS: &str = "resilient.retry.calls";
    pub(crate) const ATTEMPTS: &str = "resilient.retry.attempts";
    pub(crate) const RETRIES: &str = "resilient.retry.retries";
    pub(crate) const WAITS: &str = "resilient.retry.waits";
    pub(crate) const WAITING_TIME: &str = "resilient.retry.waiting_time";
}

/// The label of calls whose policy has no name.
const UNNAMED_LABEL: &str = "unnamed";

/// The totals of the retries of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RetryTotals {
    pub(crate) results: ResultTotals,
    /// The attempts of calls that did not succeed at their first attempt.
    pub(crate) later_attempts: u64,
    pub(crate) retries: u64,
    pub(crate) waits: u64,
    pub(crate) waiting_time: Duration,
}

impl RetryTotals {
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            results: self.results.plus(&other.results),
            later_attempts: self.later_attempts.saturating_add(other.later_attempts),
            retries: self.retries.saturating_add(other.retries),
            waits: self.waits.saturating_add(other.waits),
            waiting_time: self.waiting_time.saturating_add(other.waiting_time),
        }
    }

    /// Writes the totals to the recorder, under the label `retry`.
    pub(crate) fn record(&self, retry: &str) {
        let label = || retry.to_owned();
        record_results(retry, &self.results);
        let attempts = self.later_attempts.saturating_add(self.results.successes());
        counter!(names::ATTEMPTS, "retry" => label()).absolute(attempts);
        counter!(names::RETRIES, "retry" => label()).absolute(self.retries);
        counter!(names::WAITS, "retry" => label()).absolute(self.waits);
        let millis = u64::try_from(self.waiting_time.as_millis()).unwrap_or(u64::MAX);
        counter!(names::WAITING_TIME, "retry" => label()).absolute(millis);
    }
}

/// Writes the counts of calls without a name to the recorder. Their attempts are not counted.
pub(crate) fn record_unnamed() {
    record_results(UNNAMED_LABEL, &UNNAMED.totals());
    counter!(names::WAITS, "retry" => UNNAMED_LABEL).absolute(unnamed_waits());
}

fn record_results(retry: &str, results: &ResultTotals) {
    for (result, calls) in results.iter() {
        counter!(names::CALLS, "retry" => retry.to_owned(), "result" => result).absolute(calls);
    }
}
