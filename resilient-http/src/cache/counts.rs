//! What the cache counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How calls came to their answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheCounts {
    /// By one that was kept.
    pub hits: u64,
    /// By asking the server, well or not.
    pub misses: u64,
    /// By another call that asked the same at the same time.
    pub joined: u64,
    /// By one that was kept too long, since the circuit was open.
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
