//! Random numbers for delays, either from this thread's generator or from a seeded generator that
//! repeats its numbers.

use std::time::Duration;

use super::nanos;
use crate::platform::random::{self, SeededDraws};

#[derive(Debug, Clone)]
pub(super) struct Random(Option<SeededDraws>);

impl Random {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self(seed.map(SeededDraws::new))
    }

    /// Draws a number that is uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        match &mut self.0 {
            Some(seeded) => seeded.unit(),
            None => random::unit(),
        }
    }

    /// Draws a duration from `low` to `high`, both included. If `high` is not above `low`, returns
    /// `low` and draws no number.
    #[inline]
    pub(super) fn within(&mut self, low: Duration, high: Duration) -> Duration {
        if (low.as_secs() | high.as_secs()) >> SECS_BITS != 0 {
            return self.within_centuries(low, high);
        }
        let least = nanos(low);
        // If `high` is below `low`, the span wraps to a number above `i64::MAX`. So one comparison
        // of the signed span excludes this case and zero.
        let span = nanos(high).wrapping_sub(least);
        if !i64::try_from(span).is_ok_and(i64::is_positive) {
            return low;
        }
        let bits = match &mut self.0 {
            None => random::bits(),
            Some(seeded) => seeded.bits(),
        };
        Duration::from_nanos(least + random::up_to(bits, span))
    }

    /// Draws in floating point: for durations beyond 272 years, single nanoseconds do not matter.
    #[cold]
    fn within_centuries(&mut self, low: Duration, high: Duration) -> Duration {
        if low >= high {
            return low;
        }
        let more = nanos::scaled(high.saturating_sub(low), self.unit());
        low.saturating_add(more).min(high)
    }
}

/// The most bits of a number of seconds whose nanoseconds fit into 63 bits: 272 years.
const SECS_BITS: u32 = 33;

#[inline]
fn nanos(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())
}
