//! The clock of one breaker, and the epoch that its time stamps count from.

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

    /// The present instant; `None` if the user's clock panics.
    pub(super) fn now(&self) -> Option<Instant> {
        self.source.now()
    }

    /// Whether it is a clock that the user wrote.
    pub(super) fn is_given(&self) -> bool {
        matches!(self.source, ClockSource::Given(_))
    }

    /// Nanoseconds since the epoch; `None` if the user's clock panics.
    #[inline]
    pub(super) fn nanos(&self) -> Option<u64> {
        self.source.nanos_since(&self.epoch)
    }

    /// The instant of a number of nanoseconds; `None` if it is too far after the epoch.
    pub(super) fn instant_of(&self, nanos: u64) -> Option<Instant> {
        let instant = self.epoch.checked_add(Duration::from_nanos(nanos));
        instant.filter(|_| nanos != u64::MAX)
    }

    pub(super) fn nanos_of(&self, instant: Instant) -> u64 {
        nanos_between(self.epoch, instant)
    }
}
