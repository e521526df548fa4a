//! Copies of values of the state machine, which calls read without the lock.

use std::sync::atomic::Ordering::Relaxed;

use crate::platform::AtomicU64;
use crate::signal::Wait;

/// Values of the state machine, in nanoseconds since the breaker's epoch. They are written under
/// the breaker's lock.
#[derive(Debug)]
pub(super) struct Mirror {
    /// The time until which successes can be deferred, or `u64::MAX` if there is no end. It has no
    /// meaning if successes cannot be deferred.
    bucket: AtomicU64,
    /// From when the time of the present state counts, and when it ends. The end is `u64::MAX` if
    /// the state has no end, and zero if only the state machine has the end. They have no meaning
    /// in states that end only by calls or by hand.
    since: AtomicU64,
    until: AtomicU64,
}

impl Mirror {
    pub(super) fn new() -> Self {
        Self { bucket: AtomicU64::new(0), since: AtomicU64::new(0), until: AtomicU64::new(0) }
    }

    pub(super) fn bucket(&self) -> u64 {
        self.bucket.load(Relaxed)
    }

    /// Returns how long the present state lasts, `Wait::UNKNOWN` if it has no end. Call this only
    /// after the word was read as a state that can have an end. The clock is not read if there is
    /// no end. Returns `None` if the end has come, or if only the state machine has the end.
    #[inline]
    pub(super) fn time_left(&self, now: impl FnOnce() -> Option<u64>) -> Option<Wait> {
        if self.has_no_end() {
            return Some(Wait::UNKNOWN);
        }
        let now = now()?;
        let (since, until) = (self.since.load(Relaxed), self.until.load(Relaxed));
        (now >= since && now < until).then(|| Wait::of_nanos(until - now))
    }

    /// Returns whether the present state has no end. Call this as [`Mirror::time_left`].
    pub(super) fn has_no_end(&self) -> bool {
        self.until.load(Relaxed) == u64::MAX
    }

    pub(super) fn set_bucket(&self, end: u64) {
        set(&self.bucket, end);
    }

    /// Stores the time of a state. Call this before the word publishes the state.
    pub(super) fn set_period(&self, since: u64, until: Option<u64>) {
        set(&self.since, since);
        let until = until.map_or(u64::MAX, |nanos| match nanos {
            u64::MAX => 0,
            nanos => nanos,
        });
        set(&self.until, until);
    }
}

/// Stores a value only if it is new, so that the cache lines of other threads stay valid.
fn set(cell: &AtomicU64, value: u64) {
    if cell.load(Relaxed) != value {
        cell.store(value, Relaxed);
    }
}
