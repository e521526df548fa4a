//! Random numbers for delays: from this thread's generator, or from a seeded one that repeats.

use std::time::Duration;

use super::nanos;
use crate::platform::random::{self, Generator};

#[derive(Debug, Clone)]
pub(super) struct Random(Option<Generator>);

impl Random {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self(seed.map(Generator::seeded))
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        match &mut self.0 {
            Some(seeded) => seeded.unit(),
            None => random::unit(),
        }
    }

    /// Uniform between the two, both included. Where there is nothing between them, no number is drawn.
    #[inline]
    pub(super) fn within(&mut self, low: Duration, high: Duration) -> Duration {
        match (nanos::of(low), nanos::of(high)) {
            (Some(least), Some(most)) if least < most => {
                Duration::from_nanos(self.integer(least, most))
            }
            _ if low >= high => low,
            _ => self.within_centuries(low, high),
        }
    }

    #[inline]
    fn integer(&mut self, least: u64, most: u64) -> u64 {
        match &mut self.0 {
            None => random::within(least, most),
            Some(seeded) => seeded.within(least, most),
        }
    }

    /// Beyond 584 years a nanosecond is no loss.
    #[cold]
    fn within_centuries(&mut self, low: Duration, high: Duration) -> Duration {
        let more = nanos::scaled(high.saturating_sub(low), self.unit());
        low.saturating_add(more).min(high)
    }
}
