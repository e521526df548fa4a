//! The clock: now, and sleeping until later.
//!
//! Time is monotonic everywhere ([`std::time::Instant`]): a wall clock that is set back or forward changes nothing. With
//! the feature `tokio` the default clock is tokio's, so that `tokio::time::pause` and `advance` move breakers and retries
//! alike; outside a runtime it is the real one.

#[cfg(feature = "coarse-clock")]
use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "coarse-clock")]
use crate::coarse::CoarseClock;
use crate::panics::{contain, discard};

/// A source of monotonic time.
///
/// A clock that goes back, or panics, harms nothing: a time before the present state began counts as that beginning.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

/// The present instant by the default clock: the current runtime's, else the real one. Needs no running runtime.
pub(crate) fn now() -> Instant {
    #[cfg(feature = "tokio")]
    {
        tokio::time::Instant::now().into_std()
    }
    #[cfg(not(feature = "tokio"))]
    {
        Instant::now()
    }
}

/// The clock of one breaker.
#[derive(Clone, Default)]
pub(crate) enum Source {
    #[default]
    Default,
    /// Known by its type, so that its count is at hand.
    #[cfg(feature = "coarse-clock")]
    Coarse(CoarseClock),
    Given(Arc<dyn Clock>),
}

// The panics of a given clock are contained, and what it says is never trusted: so breakers are unwind safe with any.
impl UnwindSafe for Source {}
impl RefUnwindSafe for Source {}

impl Source {
    pub(crate) fn of(clock: impl Clock) -> Self {
        #[cfg(feature = "coarse-clock")]
        if let Some(clock) = (&clock as &dyn Any).downcast_ref::<CoarseClock>() {
            return Self::Coarse(*clock);
        }
        Self::Given(Arc::new(clock))
    }

    /// The same clock, whose own count begins at `epoch` if it has one.
    pub(crate) fn counting_from(self, epoch: Instant) -> Self {
        #[cfg(feature = "coarse-clock")]
        if let Self::Coarse(clock) = self {
            return Self::Coarse(clock.counting_from(epoch));
        }
        let _ = epoch;
        self
    }

    /// Nanoseconds from `epoch` until now, as [`nanos_between`] has them, for a clock that counts from there; `None` if the
    /// given clock panics.
    #[inline(never)]
    pub(crate) fn nanos_since(&self, epoch: &Instant) -> Option<u64> {
        match self {
            Self::Default => Some(nanos_between(*epoch, now())),
            #[cfg(feature = "coarse-clock")]
            Self::Coarse(clock) => Some(clock.count()),
            Self::Given(_) => self.now().map(|now| nanos_between(*epoch, now)),
        }
    }

    /// The present instant; `None` if the given clock panics.
    pub(crate) fn now(&self) -> Option<Instant> {
        match self {
            Self::Default => Some(now()),
            #[cfg(feature = "coarse-clock")]
            Self::Coarse(clock) => Some(clock.now()),
            Self::Given(clock) => contain(|| clock.now()).map_err(discard).ok(),
        }
    }
}

impl Source {
    /// The same, and the default clock's where the given one panics.
    pub(crate) fn now_or_real(&self) -> Instant {
        self.now().unwrap_or_else(now)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default clock",
            #[cfg(feature = "coarse-clock")]
            Self::Coarse(_) => "coarse clock",
            Self::Given(_) => "given clock",
        })
    }
}

/// `start + delay`, or `None` where that is beyond what an instant can say: never.
pub(crate) fn later(start: Instant, delay: Duration) -> Option<Instant> {
    // A timer rounds up, by less than this.
    const TO_SPARE: Duration = Duration::from_secs(1);
    if delay == Duration::MAX {
        return None;
    }
    let later = start.checked_add(delay)?;
    later.checked_add(TO_SPARE).and(Some(later))
}

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Nanoseconds from one instant to a later one; zero if it is not later, `u64::MAX` after 584 years.
#[inline]
pub(crate) fn nanos_between(start: Instant, end: Instant) -> u64 {
    let Some(elapsed) = end.checked_duration_since(start) else {
        return 0;
    };
    // One comparison instead of two checked operations: every reading of a breaker's clock comes by here.
    if elapsed.as_secs() < u64::MAX / NANOS_PER_SEC {
        elapsed.as_secs() * NANOS_PER_SEC + u64::from(elapsed.subsec_nanos())
    } else {
        u64::MAX
    }
}

/// Whether an async sleep has a runtime to wait in, and that runtime timers. Without tokio, whoever sleeps knows.
pub(crate) fn has_timer() -> bool {
    #[cfg(feature = "tokio")]
    {
        // Whether timers are enabled, tokio says only by a panic.
        let make_a_timer = || drop(tokio::time::sleep(Duration::MAX));
        tokio::runtime::Handle::try_current().is_ok()
            && contain(make_a_timer).map_err(discard).is_ok()
    }
    #[cfg(not(feature = "tokio"))]
    {
        true
    }
}

/// A timer for an instant, where there is a runtime with timers.
#[cfg(feature = "tokio")]
pub(crate) fn timer(at: Instant) -> Option<tokio::time::Sleep> {
    tokio::runtime::Handle::try_current().ok()?;
    // Whether timers are enabled, tokio says only by a panic.
    contain(|| tokio::time::sleep_until(at.into()))
        .map_err(discard)
        .ok()
}

/// Sleeps, without a timer call where `delay` is zero. Dropping the future ends the sleep.
#[cfg(feature = "tokio")]
pub(crate) async fn sleep(delay: Duration) {
    if !delay.is_zero() && !is_skipped(delay) {
        // Of what ends never tokio makes decades.
        let sleep = match later(now(), delay) {
            Some(end) => tokio::time::sleep_until(end.into()),
            None => tokio::time::sleep(Duration::MAX),
        };
        sleep.await;
    }
}

/// Whether a test wants no sleep.
fn is_skipped(delay: Duration) -> bool {
    #[cfg(feature = "test-util")]
    {
        crate::testing::skips(delay)
    }
    #[cfg(not(feature = "test-util"))]
    {
        let _ = delay;
        false
    }
}

/// Sleeps by blocking the thread. On a thread of an async runtime that stops every task there: warned of once.
pub(crate) fn sleep_blocking(delay: Duration) {
    if delay.is_zero() || is_skipped(delay) {
        return;
    }
    #[cfg(feature = "tokio")]
    if tokio::runtime::Handle::try_current().is_ok() {
        static WARNED: std::sync::Once = std::sync::Once::new();
        WARNED.call_once(crate::telemetry::blocks_a_runtime);
    }
    std::thread::sleep(delay);
}

/// A clock that stands still until it is moved: for tests of breakers.
///
/// ```
/// use resilient_core::{BreakerConfig, CircuitBreaker, Outcome, CircuitState};
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
/// # Ok::<(), resilient_core::ConfigError>(())
/// ```
#[cfg(feature = "test-util")]
#[derive(Debug, Clone)]
pub struct ManualClock {
    start: Instant,
    nanos: Arc<std::sync::atomic::AtomicU64>,
}

#[cfg(feature = "test-util")]
impl ManualClock {
    /// A clock that stands at an arbitrary instant. Clones share their time.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            nanos: Arc::default(),
        }
    }

    /// Moves the clock on. It saturates 584 years after it was made.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.change(|nanos| nanos.saturating_add(by));
    }

    /// Sets the clock back, to where it was made at the earliest: what broken hardware does.
    pub fn set_back(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.change(|nanos| nanos.saturating_sub(by));
    }

    fn change(&self, change: impl Fn(u64) -> u64) {
        use std::sync::atomic::Ordering::Relaxed;
        let mut seen = self.nanos.load(Relaxed);
        while let Err(newer) =
            self.nanos
                .compare_exchange_weak(seen, change(seen), Relaxed, Relaxed)
        {
            seen = newer;
        }
    }
}

#[cfg(feature = "test-util")]
impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "test-util")]
impl Clock for ManualClock {
    fn now(&self) -> Instant {
        let passed = self.nanos.load(std::sync::atomic::Ordering::Relaxed);
        later(self.start, Duration::from_nanos(passed)).unwrap_or(self.start)
    }
}
