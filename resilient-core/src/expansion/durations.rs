//! Short names for durations, so that expansions have few lines.

use std::time::Duration;

/// Returns a duration of whole seconds.
#[inline]
#[must_use]
pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Returns a duration of whole milliseconds.
#[inline]
#[must_use]
pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
