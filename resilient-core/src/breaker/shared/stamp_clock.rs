//! The clock of one breaker, and the epoch from which its time stamps count.

use std::time::{Duration, Instant};

use crate::time::{ClockSource, nanos_between};

#[derive(Debug)]
pub(super) struct StampClock {
    source: ClockSource,
    epoch: Instant,
}

impl StampClock {
    pub(super) fn new(source: ClockSource, epoch: Instant) -> Self {
        Self { source: source.counting_from(epoch), epoch }
    }

    /// Returns the present instant, or `None` if the user's clock panics.
    pub(super) fn now(&self) -> Option<Instant> {
        self.source.now()
    }

    pub(super) fn source(&self) -> ClockSource {
        self.source.clone()
    }

    /// Returns whether the user wrote the clock.
    pub(super) fn is_given(&self) -> bool {
        matches!(self.source, ClockSource::Given(_))
    }

    /// Returns the nanoseconds since the epoch, or `None` if the user's clock panics.
    #[inline(never)]
    pub(super) fn nanos(&self) -> Option<u64> {
        self.source.nanos_since(&self.epoch)
    }

    /// Returns the instant of a number of nanoseconds, or `None` if it is too far after the epoch.
    pub(super) fn instant_of(&self, nanos: u64) -> Option<Instant> {
        let instant = self.epoch.checked_add(Duration::from_nanos(nanos));
        instant.filter(|_| nanos != u64::MAX)
    }

    pub(super) fn nanos_of(&self, instant: Instant) -> u64 {
        nanos_between(self.epoch, instant)
    }
}
