//! Arithmetic on instants that saturates.

use std::time::{Duration, Instant};

/// `start + delay`; `None`, for never, if an `Instant` cannot hold it.
pub(crate) fn later(start: Instant, delay: Duration) -> Option<Instant> {
    // A timer rounds up by less than this.
    const TO_SPARE: Duration = Duration::from_secs(1);
    if delay == Duration::MAX {
        return None;
    }
    let later = start.checked_add(delay)?;
    later.checked_add(TO_SPARE).and(Some(later))
}

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Nanoseconds from one instant to a later one; zero if it is not later, `u64::MAX` after 584
/// years.
#[inline]
pub(crate) fn nanos_between(start: Instant, end: Instant) -> u64 {
    let Some(elapsed) = end.checked_duration_since(start) else {
        return 0;
    };
    // One comparison instead of two checked operations, since every reading of a clock comes here.
    if elapsed.as_secs() < u64::MAX / NANOS_PER_SEC {
        elapsed.as_secs() * NANOS_PER_SEC + u64::from(elapsed.subsec_nanos())
    } else {
        u64::MAX
    }
}
