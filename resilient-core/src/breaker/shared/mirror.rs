//! Copies of values of the state machine, which calls read without the lock.

use std::sync::atomic::Ordering::Relaxed;

use crate::platform::AtomicU64;
use crate::signal::Wait;

/// Values of the state machine. Times are in nanoseconds since the breaker's epoch. All values are
/// written under the breaker's lock.
#[derive(Debug)]
pub(super) struct Mirror {
    /// The time until which successes can be deferred: the end of a bucket of the window, or
    /// `u64::MAX` if there is no end. If successes cannot be deferred, the value has no meaning.
    bucket: AtomicU64,
    /// `since` is the instant from which the time of the present state counts, and `until` is its
    /// end: `u64::MAX` if the state has no end, zero if the end is too late for this field and only
    /// the state machine knows it. In states that end only by calls or by hand, both have no
    /// meaning.
    since: AtomicU64,
    until: AtomicU64,
    /// Whether the breaker remembers texts about errors: 1 or 0.
    remembers_errors: AtomicU64,
}

impl Mirror {
    pub(super) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self { bucket: zero(), since: zero(), until: zero(), remembers_errors: zero() }
    }

    pub(super) fn bucket(&self) -> u64 {
        self.bucket.load(Relaxed)
    }

    /// Returns how long the present state lasts, or `Wait::UNKNOWN` if it has no end. Returns
    /// `None` if the end has come, or if only the state machine knows the end. Reads the clock only
    /// if there is an end. Call this only if the state word shows a state that can have an end.
    #[inline]
    pub(super) fn time_left(&self, now: impl FnOnce() -> Option<u64>) -> Option<Wait> {
        if self.has_no_end() {
            return Some(Wait::UNKNOWN);
        }
        let now = now()?;
        let (since, until) = (self.since.load(Relaxed), self.until.load(Relaxed));
        (now >= since && now < until).then(|| Wait::of_nanos(until - now))
    }

    /// Returns whether the present state has no end. Call this only if the state word shows a state
    /// that can have an end.
    pub(super) fn has_no_end(&self) -> bool {
        self.until.load(Relaxed) == u64::MAX
    }

    pub(super) fn remembers_errors(&self) -> bool {
        self.remembers_errors.load(Relaxed) == 1
    }

    pub(super) fn set_remembers_errors(&self, remembers: bool) {
        set(&self.remembers_errors, u64::from(remembers));
    }

    pub(super) fn set_bucket(&self, end: u64) {
        set(&self.bucket, end);
    }

    /// Stores the time of a state: when it begins to count, and its end. Call this before the state
    /// word publishes the state.
    pub(super) fn set_period(&self, since: u64, until: Option<u64>) {
        set(&self.since, since);
        let until = until.map_or(u64::MAX, |nanos| match nanos {
            u64::MAX => 0,
            nanos => nanos,
        });
        set(&self.until, until);
    }
}

/// Stores a value only if it differs, so that the cache lines of other threads stay valid.
fn set(cell: &AtomicU64, value: u64) {
    if cell.load(Relaxed) != value {
        cell.store(value, Relaxed);
    }
}
