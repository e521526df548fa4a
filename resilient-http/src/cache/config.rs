//! The settings of what is kept.

use std::time::Duration;

use crate::error::BuildError;

/// Long enough for a burst of the same question, short enough that nobody minds.
const TTL: Duration = Duration::from_secs(300);
/// Some thousands of answers of a usual size.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// A time that outlives every process, within what the store can count.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The settings of an [`ResponseCache`](crate::ResponseCache).
///
/// | setting | default | range |
/// |---|---|---|
/// | [`ttl`](Self::ttl) | 300 s | up to a year; 0 keeps answers for an outage only |
/// | [`stale_if_open`](Self::stale_if_open) | 0, which is never | up to a year |
/// | [`max_bytes`](Self::max_bytes) | 64 MiB | ≥ 1 |
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct CacheConfig {
    pub(super) ttl: Duration,
    pub(super) stale_if_open: Duration,
    pub(super) max_bytes: u64,
}

impl CacheConfig {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            ttl: TTL,
            stale_if_open: Duration::ZERO,
            max_bytes: MAX_BYTES,
        }
    }

    /// How long an answer is handed out again without asking the server.
    pub const fn ttl(mut self, time: Duration) -> Self {
        self.ttl = time;
        self
    }

    /// For how long after that it is handed out while the circuit is open: a stale answer instead of none.
    pub const fn stale_if_open(mut self, time: Duration) -> Self {
        self.stale_if_open = time;
        self
    }

    /// How many bytes all that is kept may have. What is asked for least goes first.
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
                "`ttl` and `stale_if_open` must not both be zero: nothing would be kept",
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
