//! The feature `metrics`: counts of the calls under retries, by result.
//!
//! Threads are spread over a few shards, so that they seldom contend: a call costs an addition to
//! memory that most likely belongs to its processor.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::signal::StopReason;

/// By [`index`].
const RESULTS: [&str; 13] = [
    "success",
    "success_after_retry",
    "cancelled",
    "panicked",
    StopReason::Exhausted.as_str(),
    StopReason::NotRetryable.as_str(),
    StopReason::Elapsed.as_str(),
    StopReason::Deadline.as_str(),
    StopReason::Budget.as_str(),
    StopReason::CircuitOpen.as_str(),
    StopReason::Hint.as_str(),
    StopReason::Nested.as_str(),
    StopReason::NoTimer.as_str(),
];
const CANCELLED: usize = 2;
const PANICKED: usize = 3;

/// Counts on separate cache lines.
#[repr(align(128))]
struct Shard([AtomicU64; RESULTS.len()]);

static SHARDS: [Shard; 16] = [const { Shard([const { AtomicU64::new(0) }; RESULTS.len()]) }; 16];

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

/// Counts a call by its end: a success, after a retry or not, or the reason to stop.
pub(crate) fn ended(call: &mut RetryCallCount, how: Result<bool, StopReason>) {
    call.count(index(how));
}

/// How many calls ended with each result in this process.
pub(crate) fn totals() -> impl Iterator<Item = (&'static str, u64)> {
    RESULTS.iter().enumerate().map(|(index, result)| {
        let counts = SHARDS.iter().map(|shard| shard.0[index].load(Relaxed));
        (*result, counts.fold(0, u64::saturating_add))
    })
}

impl RetryCallCount {
    fn count(&mut self, index: usize) {
        if !std::mem::replace(&mut self.is_counted, true) {
            // While a thread ends, its thread-local is gone.
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

fn index(how: Result<bool, StopReason>) -> usize {
    match how {
        Ok(false) => 0,
        Ok(true) => 1,
        Err(StopReason::Exhausted) => 4,
        Err(StopReason::NotRetryable) => 5,
        Err(StopReason::Elapsed) => 6,
        Err(StopReason::Deadline) => 7,
        Err(StopReason::Budget) => 8,
        Err(StopReason::CircuitOpen) => 9,
        Err(StopReason::Hint) => 10,
        Err(StopReason::Nested) => 11,
        Err(StopReason::NoTimer) => 12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_counted_under_its_own_name() {
        for reason in [
            StopReason::Exhausted,
            StopReason::NotRetryable,
            StopReason::Elapsed,
            StopReason::Deadline,
            StopReason::Budget,
            StopReason::CircuitOpen,
            StopReason::Hint,
            StopReason::Nested,
            StopReason::NoTimer,
        ] {
            assert_eq!(RESULTS[index(Err(reason))], reason.as_str());
        }
        assert_eq!(RESULTS[index(Ok(false))], "success");
        assert_eq!(RESULTS[index(Ok(true))], "success_after_retry");
        assert_eq!(
            (RESULTS[CANCELLED], RESULTS[PANICKED]),
            ("cancelled", "panicked")
        );
    }
}
