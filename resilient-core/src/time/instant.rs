//! Saturating arithmetic on instants.

use std::time::{Duration, Instant};

/// Returns `start + delay`. Returns `None`, which means never, if an `Instant` cannot hold the sum.
pub(crate) fn later(start: Instant, delay: Duration) -> Option<Instant> {
    // A timer rounds its instant up by less than this, and the rounded instant must exist, too.
    const TO_SPARE: Duration = Duration::from_secs(1);
    if delay == Duration::MAX {
        return None;
    }
    let later = start.checked_add(delay)?;
    later.checked_add(TO_SPARE).and(Some(later))
}

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Returns the nanoseconds from one instant to a later instant: zero if the second instant is not
/// later, `u64::MAX` from 584 years on.
#[inline]
pub(crate) fn nanos_between(start: Instant, end: Instant) -> u64 {
    let Some(elapsed) = end.checked_duration_since(start) else {
        return 0;
    };
    // One comparison replaces two checked operations, because every reading of a clock calls this.
    if elapsed.as_secs() < u64::MAX / NANOS_PER_SEC {
        elapsed.as_secs() * NANOS_PER_SEC + u64::from(elapsed.subsec_nanos())
    } else {
        u64::MAX
    }
}
