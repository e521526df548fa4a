//! The feature `metrics`: counts the calls under retries by their results.
//!
//! Threads are spread over a few shards, so that they seldom contend. A call costs one addition, to
//! memory that other processors seldom write.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use crate::signal::StopReason;

/// The labels of the results that are not a [`StopReason`]. In the counts these results come first.
const OTHERS: [&str; 4] = ["success", "success_after_retry", "cancelled", "panicked"];
const CANCELLED: usize = 2;
const PANICKED: usize = 3;
const RESULTS: usize = OTHERS.len() + StopReason::ALL.len();

/// The waits of calls for their circuits.
static WAITS: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_wait() {
    WAITS.fetch_add(1, Relaxed);
}

/// Returns how many waits for a circuit began in this process.
pub(crate) fn waits() -> u64 {
    WAITS.load(Relaxed)
}

/// Counts on a separate cache line.
#[repr(align(128))]
struct Shard([AtomicU64; RESULTS]);

static SHARDS: [Shard; 16] = [const { Shard([const { AtomicU64::new(0) }; RESULTS]) }; 16];

thread_local! {
    static SHARD: &'static Shard = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        &SHARDS[NEXT.fetch_add(1, Relaxed) % SHARDS.len()]
    };
}

/// A call under a retry. It is counted under exactly one result.
#[derive(Debug, Default)]
pub(crate) struct RetryCallCount {
    is_counted: bool,
}

/// Counts a call that ended. `how` is `Ok(true)` for a success after a retry, `Ok(false)` for a
/// success at the first attempt, and otherwise the reason to stop.
pub(crate) fn ended(call: &mut RetryCallCount, how: Result<bool, StopReason>) {
    call.count(index(how));
}

/// Returns how many calls ended with each result in this process.
pub(crate) fn totals() -> impl Iterator<Item = (&'static str, u64)> {
    results().enumerate().map(|(index, result)| {
        let counts = SHARDS.iter().map(|shard| shard.0[index].load(Relaxed));
        (result, counts.fold(0, u64::saturating_add))
    })
}

impl RetryCallCount {
    fn count(&mut self, index: usize) {
        if !std::mem::replace(&mut self.is_counted, true) {
            // A thread that is ending may have lost its thread-local; it then uses the first shard.
            let shard = SHARD.try_with(|shard| *shard).unwrap_or(&SHARDS[0]);
            shard.0[index].fetch_add(1, Relaxed);
        }
    }
}

impl Drop for RetryCallCount {
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
}
