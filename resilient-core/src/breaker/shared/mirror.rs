//! Values of the state machine that calls read without the lock.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::breaker::machine::{Stamp, Ticket};
use crate::platform::AtomicU64;
use crate::signal::Wait;

/// Copies of values of the state machine, in nanoseconds since the breaker's epoch. They are
/// written under the breaker's lock.
#[derive(Debug)]
pub(super) struct Mirror {
    /// The setting; `u64::MAX` for none.
    slow_call: AtomicU64,
    /// Until when successes can be deferred, if they can; `u64::MAX` for no end.
    bucket: AtomicU64,
    /// The last opening, and its end: `u64::MAX` for "until closed", zero for unknown.
    open_since: AtomicU64,
    open_until: AtomicU64,
}

impl Mirror {
    pub(super) fn new() -> Self {
        Self {
            slow_call: AtomicU64::new(u64::MAX),
            bucket: AtomicU64::new(0),
            open_since: AtomicU64::new(0),
            open_until: AtomicU64::new(0),
        }
    }

    // B6: a call that took exactly `slow_call` is slow.
    pub(super) fn is_fast(&self, ticket: Ticket, now: u64) -> bool {
        let limit = self.slow_call.load(Relaxed);
        Stamp::took(ticket.stamp, now).is_some_and(|took| took < limit)
    }

    pub(super) fn bucket(&self) -> u64 {
        self.bucket.load(Relaxed)
    }

    /// How long the circuit stays open, if it was open when the word was read. `None` if the end
    /// has come, or if only the state machine knows.
    pub(super) fn time_left(&self, now: u64) -> Option<Wait> {
        let (since, until) = (self.open_since.load(Relaxed), self.open_until.load(Relaxed));
        match until {
            u64::MAX => Some(Wait::UNKNOWN),
            until if now < since || now >= until => None,
            until => Some(Wait::of_nanos(until - now)),
        }
    }

    pub(super) fn set_slow_call(&self, limit: Option<Duration>) {
        let nanos =
            limit.map_or(u64::MAX, |limit| u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
        set(&self.slow_call, nanos);
    }

    pub(super) fn set_bucket(&self, end: u64) {
        set(&self.bucket, end);
    }

    /// To be called before the word says that the circuit is open.
    pub(super) fn set_open(&self, since: u64, until: Option<u64>) {
        set(&self.open_since, since);
        let until = until.map_or(u64::MAX, |nanos| match nanos {
            u64::MAX => 0,
            nanos => nanos,
        });
        set(&self.open_until, until);
    }
}

/// Writes only a new value, so that other threads keep their cached line.
fn set(cell: &AtomicU64, value: u64) {
    if cell.load(Relaxed) != value {
        cell.store(value, Relaxed);
    }
}
