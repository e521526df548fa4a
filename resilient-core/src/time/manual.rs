//! The feature `test-util`: a clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Clock, later};

/// A clock for tests, which moves only by its methods.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitState};
/// use resilient_core::signal::Outcome;
/// use resilient_core::time::ManualClock;
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let config = BreakerConfig::builder().failure_threshold(1).build()?;
/// let breaker = CircuitBreaker::with_clock("payments", config, clock.clone());
///
/// breaker.try_acquire().unwrap().report(Outcome::Failure);
/// assert_eq!(breaker.state(), CircuitState::Open);
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(breaker.state(), CircuitState::HalfOpen);
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    start: Instant,
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// Makes a clock that starts at an arbitrary instant. Its clones share its time.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now(), nanos: Arc::default() }
    }

    /// Moves the clock forward, up to 584 years after its start.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.change(|nanos| nanos.saturating_add(by));
    }

    /// Moves the clock back, as broken hardware does, but not before its start.
    pub fn set_back(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.change(|nanos| nanos.saturating_sub(by));
    }

    fn change(&self, change: impl Fn(u64) -> u64) {
        let changed = self.nanos.fetch_update(Relaxed, Relaxed, |nanos| Some(change(nanos)));
        debug_assert!(changed.is_ok());
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        let passed = self.nanos.load(Relaxed);
        later(self.start, Duration::from_nanos(passed)).unwrap_or(self.start)
    }
}
