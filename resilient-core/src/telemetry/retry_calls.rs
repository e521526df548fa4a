//! The feature `metrics`: counts the calls under a retry by their results.
//!
//! Threads are spread over a few shards, so that they seldom contend. A call costs one addition, to
//! memory that other processors seldom write.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use super::retry_line::RetryLine;
use crate::signal::StopReason;

/// The labels of the results that are not a [`StopReason`]. In the counts these results come first.
const OTHERS: [&str; 4] = ["success", "success_after_retry", "cancelled", "panicked"];
const CANCELLED: usize = 2;
const PANICKED: usize = 3;
const RESULTS: usize = OTHERS.len() + StopReason::ALL.len();
const SHARDS: usize = 8;

/// The waits for circuits of calls whose retry has no name.
static UNNAMED_WAITS: AtomicU64 = AtomicU64::new(0);

/// Counts a wait for a circuit. The record of a name counts the waits of that name.
pub(super) fn count_wait(line: &RetryLine<'_>) {
    if line.retry.is_none() {
        UNNAMED_WAITS.fetch_add(1, Relaxed);
    }
}

/// Returns how many waits for a circuit began in this process under retries without a name.
pub(crate) fn unnamed_waits() -> u64 {
    UNNAMED_WAITS.load(Relaxed)
}

/// The calls under retries without a name.
pub(crate) static UNNAMED: ResultCounts = ResultCounts::new();

/// How many calls ended with each result.
pub(crate) struct ResultCounts([Shard; SHARDS]);

/// Counts on a separate cache line.
#[repr(align(128))]
struct Shard([AtomicU64; RESULTS]);

thread_local! {
    static SHARD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed) % SHARDS
    };
}

impl ResultCounts {
    pub(crate) const fn new() -> Self {
        Self([const { Shard([const { AtomicU64::new(0) }; RESULTS]) }; SHARDS])
    }

    fn count(&self, result: usize) {
        // A thread that is ending may have lost its thread-local; it then uses the first shard.
        let shard = SHARD.try_with(|shard| *shard).unwrap_or(0);
        self.0[shard].0[result].fetch_add(1, Relaxed);
    }

    /// Returns how many calls ended with each result.
    pub(crate) fn totals(&self) -> ResultTotals {
        ResultTotals(std::array::from_fn(|result| {
            let counts = self.0.iter().map(|shard| shard.0[result].load(Relaxed));
            counts.fold(0, u64::saturating_add)
        }))
    }
}

impl fmt::Debug for ResultCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.totals().fmt(f)
    }
}

/// How many calls ended with each result, at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ResultTotals([u64; RESULTS]);

impl ResultTotals {
    /// Returns the label of each result with its count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        results().zip(self.0)
    }

    /// Returns the calls that succeeded at their first attempt.
    pub(crate) fn successes(&self) -> u64 {
        self.0[0]
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|result| self.0[result].saturating_add(other.0[result])))
    }
}

/// A call under a retry. It is counted under exactly one result.
#[derive(Debug)]
pub(crate) struct RetryCallCount<'a> {
    counts: &'a ResultCounts,
    is_counted: bool,
}

impl<'a> RetryCallCount<'a> {
    #[inline]
    pub(crate) fn begin(counts: &'a ResultCounts) -> Self {
        Self { counts, is_counted: false }
    }

    /// Continues the count of a call that [`pause`](Self::pause) has returned.
    #[cfg(feature = "tokio")]
    pub(crate) fn resume(counts: &'a ResultCounts, is_counted: bool) -> Self {
        Self { counts, is_counted }
    }

    /// Ends the use of these counts, but not the call. Returns whether the call was counted.
    #[cfg(feature = "tokio")]
    pub(crate) fn pause(mut self) -> bool {
        std::mem::replace(&mut self.is_counted, true)
    }

    fn count(&mut self, index: usize) {
        if !std::mem::replace(&mut self.is_counted, true) {
            self.counts.count(index);
        }
    }
}

/// Counts a call that ended. `how` is `Ok(true)` for a success after a retry, `Ok(false)` for a
/// success at the first attempt, and otherwise the reason to stop.
pub(crate) fn ended(call: &mut RetryCallCount<'_>, how: Result<bool, StopReason>) {
    call.count(index(how));
}

impl Drop for RetryCallCount<'_> {
    fn drop(&mut self) {
        if !self.is_counted {
            let panics = std::thread::panicking();
            self.count(if panics { PANICKED } else { CANCELLED });
        }
    }
}

/// Returns all results, in the order of [`index`].
fn results() -> impl Iterator<Item = &'static str> {
    OTHERS.into_iter().chain(StopReason::ALL.map(StopReason::as_str))
}

fn index(how: Result<bool, StopReason>) -> usize {
    match how {
        Ok(is_after_retry) => usize::from(is_after_retry),
        Err(reason) => OTHERS.len() + reason as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_counted_under_its_own_name() {
        let results: Vec<_> = results().collect();
        for reason in StopReason::ALL {
            assert_eq!(results[index(Err(reason))], reason.as_str());
        }
        assert_eq!(results[index(Ok(false))], "success");
        assert_eq!(results[index(Ok(true))], "success_after_retry");
        assert_eq!((results[CANCELLED], results[PANICKED]), ("cancelled", "panicked"));
        assert_eq!(results.len(), RESULTS);
    }

    #[test]
    fn more_threads_than_shards_lose_no_count() {
        let counts = ResultCounts::new();
        std::thread::scope(|scope| {
            for _ in 0..4 * SHARDS {
                scope.spawn(|| (0..1_000).for_each(|_| counts.count(PANICKED)));
            }
        });
        let totals: Vec<_> = counts.totals().iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(totals, [("panicked", 4 * SHARDS as u64 * 1_000)]);
    }
}
