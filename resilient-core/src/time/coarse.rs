//! The feature `coarse-clock`: a clock that costs a few nanoseconds to read.

use std::time::{Duration, Instant};

use crate::time::Clock;

/// A clock that is read in a fraction of the time of [`Instant::now`]. Its readings are late by up
/// to one tick of the operating system: one to ten milliseconds.
///
/// Use it for breakers with a window of time or with `slow_call`, which read the clock on healthy
/// calls. Other breakers read the clock only on failures. Recovery times, leases and `retry_after`
/// are as coarse as the clock. `tokio::time::pause` does not affect it.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitBreaker};
/// use resilient_core::registry::Registry;
/// use resilient_core::time::CoarseClock;
/// use std::time::Duration;
///
/// let window = Duration::from_secs(60);
/// let config = BreakerConfig::builder().window(window).failure_rate(0.5).build()?;
/// let breaker = CircuitBreaker::with_clock("payments", config, CoarseClock::new());
///
/// // Or for all breakers that are registered from now on, also those of annotated functions:
/// Registry::global().use_clock(CoarseClock::new());
/// # assert!(breaker.try_acquire().is_ok());
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CoarseClock {
    start: Instant,
    coarse: coarsetime::Instant,
}

impl CoarseClock {
    /// Makes a clock. The times of two clocks may differ by a tick.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now(), coarse: coarsetime::Instant::now_without_cache_update() }
    }
}

/// Counts nanoseconds from a start, so that breakers need no `Instant`.
impl CoarseClock {
    #[inline]
    pub(crate) fn count(&self) -> u64 {
        // This function does not use the cache that other users of the crate `coarsetime` share.
        let now = coarsetime::Instant::now_without_cache_update();
        now.duration_since(self.coarse).as_nanos()
    }

    /// Returns this clock with its count starting at `start`, an instant that the clock has
    /// returned.
    pub(crate) fn counting_from(self, start: Instant) -> Self {
        let later = start.saturating_duration_since(self.start);
        Self { start, coarse: self.coarse + later.into() }
    }

    #[inline]
    fn instant_at(&self, count: u64) -> Instant {
        let instant = self.start.checked_add(Duration::from_nanos(count));
        instant.unwrap_or(self.start)
    }
}

impl Default for CoarseClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CoarseClock {
    #[inline]
    fn now(&self) -> Instant {
        self.instant_at(self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ClockSource;

    #[test]
    fn a_breaker_counts_the_time_of_the_clock_from_its_own_start() {
        let clock = CoarseClock::default();
        let source = ClockSource::of(clock);
        assert!(matches!(source, ClockSource::Coarse(_)));
        let start = clock.now() + Duration::from_secs(3);
        let source = source.counting_from(start);
        // The start is in the future, so nothing has passed since.
        assert_eq!(source.nanos_since(&start), Some(0));
        assert_eq!(source.now(), Some(start));
        let earlier = clock.now();
        let source = ClockSource::of(clock).counting_from(earlier);
        let count = source.nanos_since(&earlier).unwrap();
        assert!(source.now().unwrap() >= earlier + Duration::from_nanos(count));
        assert!(count < 3_000_000_000, "{count}");
    }

    #[test]
    fn the_clock_advances_and_never_goes_back() {
        let clock = CoarseClock::new();
        let (first, real) = (clock.now(), Instant::now());
        let mut last = first;
        // The loop ends even on a slow machine, because the clock ticks.
        while last == first {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
        // A tick takes at most ten milliseconds. The limit is higher, because the machine may be
        // busy.
        let ahead = last.saturating_duration_since(real + real.elapsed());
        assert!(ahead <= Duration::from_millis(100), "{ahead:?}");
    }
}
