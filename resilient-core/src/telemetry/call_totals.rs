//! The feature `metrics`: counts the calls under retries by their results.
//!
//! Threads are spread over a few shards, so that they seldom contend. A call costs one addition, to
//! memory that other processors seldom write.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use crate::signal::StopReason;

/// The labels of the results that are not a [`StopReason`]. In the counts these results come first.
const OTHERS: [&str; 4] = ["success", "success_after_retry", "cancelled", "panicked"];
const RESULTS: usize = OTHERS.len() + StopReason::ALL.len();
const SHARDS: usize = 16;

/// The result of a call under a retry. Each call has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallResult {
    /// No attempt of the call failed.
    Success,
    SuccessAfterRetry,
    Cancelled,
    Panicked,
    GaveUp(StopReason),
}

/// The counts of calls, by their results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ResultCounts([u64; RESULTS]);

impl ResultCounts {
    pub(crate) fn add(&mut self, result: CallResult, calls: u64) {
        let count = &mut self.0[index(result)];
        *count = count.saturating_add(calls);
    }

    pub(crate) fn of(&self, result: CallResult) -> u64 {
        self.0[index(result)]
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// Returns all results with their labels.
    pub(crate) fn labelled(&self) -> impl Iterator<Item = (&'static str, u64)> {
        labels().zip(self.0)
    }
}

/// Counts on a separate cache line.
#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; RESULTS]);

/// The calls that ended with each result.
#[derive(Debug)]
pub(crate) struct CallTotals([Shard; SHARDS]);

thread_local! {
    static SHARD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed) % SHARDS
    };
}

impl CallTotals {
    pub(crate) const fn new() -> Self {
        Self([const { Shard([const { AtomicU64::new(0) }; RESULTS]) }; SHARDS])
    }

    pub(crate) fn count(&self, result: CallResult) {
        // A thread that is ending may have lost its thread-local; it then uses the first shard.
        let shard = SHARD.try_with(|shard| *shard).unwrap_or(0);
        self.0[shard].0[index(result)].fetch_add(1, Relaxed);
    }

    pub(crate) fn counts(&self) -> ResultCounts {
        let mut sum = ResultCounts::default();
        for shard in &self.0 {
            sum.merge(&ResultCounts(std::array::from_fn(|result| shard.0[result].load(Relaxed))));
        }
        sum
    }
}

/// Returns the labels of all results, in the order of [`index`].
fn labels() -> impl Iterator<Item = &'static str> {
    OTHERS.into_iter().chain(StopReason::ALL.map(StopReason::as_str))
}

fn index(result: CallResult) -> usize {
    match result {
        CallResult::Success => 0,
        CallResult::SuccessAfterRetry => 1,
        CallResult::Cancelled => 2,
        CallResult::Panicked => 3,
        CallResult::GaveUp(reason) => OTHERS.len() + reason as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_is_counted_under_its_label() {
        let gave_up = StopReason::ALL.map(|reason| (CallResult::GaveUp(reason), reason.as_str()));
        let others = [
            (CallResult::Success, "success"),
            (CallResult::SuccessAfterRetry, "success_after_retry"),
            (CallResult::Cancelled, "cancelled"),
            (CallResult::Panicked, "panicked"),
        ];
        for (result, label) in others.into_iter().chain(gave_up) {
            let totals = CallTotals::new();
            totals.count(result);
            let counted: Vec<_> =
                totals.counts().labelled().filter(|(_, calls)| *calls > 0).collect();
            assert_eq!(counted, [(label, 1)]);
        }
    }
}
