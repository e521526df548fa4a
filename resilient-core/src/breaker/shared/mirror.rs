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
    /// The time of the last opening, and its end. The end is `u64::MAX` if the circuit is open
    /// until an operator closes it, and zero if the end is unknown.
    open_since: AtomicU64,
    open_until: AtomicU64,
}

impl Mirror {
    pub(super) fn new() -> Self {
        Self {
            bucket: AtomicU64::new(0),
            open_since: AtomicU64::new(0),
            open_until: AtomicU64::new(0),
        }
    }

    pub(super) fn bucket(&self) -> u64 {
        self.bucket.load(Relaxed)
    }

    /// Returns how long the circuit stays open. Call this only after the word was read as open.
    /// Returns `None` if the end has come, or if only the state machine has the end.
    pub(super) fn time_left(&self, now: u64) -> Option<Wait> {
        let (since, until) = (self.open_since.load(Relaxed), self.open_until.load(Relaxed));
        match until {
            u64::MAX => Some(Wait::UNKNOWN),
            until if now < since || now >= until => None,
            until => Some(Wait::of_nanos(until - now)),
        }
    }

    pub(super) fn set_bucket(&self, end: u64) {
        set(&self.bucket, end);
    }

    /// Stores an opening. Call this before the word publishes that the circuit is open.
    pub(super) fn set_open(&self, since: u64, until: Option<u64>) {
        set(&self.open_since, since);
        let until = until.map_or(u64::MAX, |nanos| match nanos {
            u64::MAX => 0,
            nanos => nanos,
        });
        set(&self.open_until, until);
    }
}

/// Stores a value only if it is new, so that the cache lines of other threads stay valid.
fn set(cell: &AtomicU64, value: u64) {
    if cell.load(Relaxed) != value {
        cell.store(value, Relaxed);
    }
}
