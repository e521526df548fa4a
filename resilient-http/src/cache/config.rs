//! The settings of a response cache.

use std::time::Duration;

use crate::error::BuildError;

/// This is long enough for bursts of equal requests and short enough for most data.
const TTL: Duration = Duration::from_secs(300);
/// This holds a few thousand responses of usual size.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// One year is longer than most processes live, and within the range of the store.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The settings of a [`ResponseCache`](crate::ResponseCache).
///
/// | setting | default | range |
/// |---|---|---|
/// | [`ttl`](Self::ttl) | 300 s | at most a year; 0: only for open circuits |
/// | [`stale_if_open`](Self::stale_if_open) | 0: never | at most a year |
/// | [`max_bytes`](Self::max_bytes) | 64 MiB | ≥ 1 |
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct CacheConfig {
    pub(super) ttl: Duration,
    pub(super) stale_if_open: Duration,
    pub(super) max_bytes: u64,
}

impl CacheConfig {
    /// Creates the default settings.
    pub const fn new() -> Self {
        Self { ttl: TTL, stale_if_open: Duration::ZERO, max_bytes: MAX_BYTES }
    }

    /// Sets how long a cached response is used without asking the server. The time is at most a
    /// year. If it is 0, responses are stored only for [`stale_if_open`](Self::stale_if_open).
    /// Default: 300 s.
    pub const fn ttl(mut self, time: Duration) -> Self {
        self.ttl = time;
        self
    }

    /// Sets how long after `ttl` a stale response is used while the circuit is open. The time is at
    /// most a year; 0 means never. Default: 0.
    pub const fn stale_if_open(mut self, time: Duration) -> Self {
        self.stale_if_open = time;
        self
    }

    /// Sets the size limit of the cache in bytes, which is at least 1. The least used responses are
    /// evicted first. Default: 64 MiB.
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let refuse = |problem| Err(BuildError::setting("cache", problem));
        if self.max_bytes == 0 {
            return refuse("`max_bytes` must be at least 1");
        }
        if self.ttl > LONGEST || self.stale_if_open > LONGEST {
            return refuse("`ttl` and `stale_if_open` must not be longer than a year");
        }
        if self.ttl.is_zero() && self.stale_if_open.is_zero() {
            return refuse(
                "`ttl` and `stale_if_open` must not both be zero: nothing would be cached",
            );
        }
        Ok(())
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::new()
    }
}
