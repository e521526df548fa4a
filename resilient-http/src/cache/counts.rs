//! The counters of a response cache.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The numbers of calls, by the source of their response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheCounts {
    /// Calls that used a fresh cached response.
    pub hits: u64,
    /// Calls that asked the server, including failed calls.
    pub misses: u64,
    /// Calls that used the response of a concurrent call with the same request.
    pub joined: u64,
    /// Calls that used a cached response after `ttl`, because the circuit was open.
    pub stale: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) joined: AtomicU64,
    pub(super) stale: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> CacheCounts {
        CacheCounts {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            joined: self.joined.load(Relaxed),
            stale: self.stale.load(Relaxed),
        }
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
