//! The counters of a response cache.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many calls got their response in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheCounts {
    /// From the cache.
    pub hits: u64,
    /// From the server, including failed calls.
    pub misses: u64,
    /// From a concurrent call with the same request.
    pub joined: u64,
    /// From the cache after `ttl`, because the circuit was open.
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
