//! The clock of one breaker: the default clock, a coarse clock, or a user's clock.

#[cfg(feature = "coarse-clock")]
use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Instant;

#[cfg(feature = "coarse-clock")]
use super::coarse::CoarseClock;
use super::{Clock, nanos_between, now};
use crate::platform::contain;

/// The clock of one breaker.
#[derive(Clone, Default)]
pub(crate) enum ClockSource {
    #[default]
    Default,
    /// A coarse clock, recognised by its type, so that its count can be read without an `Instant`.
    #[cfg(feature = "coarse-clock")]
    Coarse(CoarseClock),
    Given(Arc<dyn Clock>),
}

// Panics of a user's clock are contained, and no reading of a clock can leave a breaker in a broken
// state. So breakers are unwind safe with any clock.
impl UnwindSafe for ClockSource {}
impl RefUnwindSafe for ClockSource {}

impl ClockSource {
    pub(crate) fn of(clock: impl Clock) -> Self {
        #[cfg(feature = "coarse-clock")]
        if let Some(clock) = (&clock as &dyn Any).downcast_ref::<CoarseClock>() {
            return Self::Coarse(*clock);
        }
        Self::Given(Arc::new(clock))
    }

    /// Makes the count of a coarse clock begin at `epoch`.
    pub(crate) fn counting_from(self, epoch: Instant) -> Self {
        #[cfg(feature = "coarse-clock")]
        if let Self::Coarse(clock) = self {
            return Self::Coarse(clock.counting_from(epoch));
        }
        let _ = epoch;
        self
    }

    /// Returns the nanoseconds from `epoch` until now, or `None` if the user's clock panics. The
    /// count of a coarse clock must begin at `epoch`.
    #[expect(
        clippy::inline_always,
        reason = "otherwise registers hold the epoch while the clock is read"
    )]
    #[inline(always)]
    pub(crate) fn nanos_since(&self, epoch: &Instant) -> Option<u64> {
        if matches!(self, Self::Default) {
            let now = now();
            Some(nanos_between(*epoch, now))
        } else {
            self.other_nanos_since(epoch)
        }
    }

    #[inline(never)]
    fn other_nanos_since(&self, epoch: &Instant) -> Option<u64> {
        match self {
            #[cfg(feature = "coarse-clock")]
            Self::Coarse(clock) => Some(clock.count()),
            _ => self.now().map(|now| nanos_between(*epoch, now)),
        }
    }

    /// Returns the present instant, or `None` if the user's clock panics.
    pub(crate) fn now(&self) -> Option<Instant> {
        match self {
            Self::Default => Some(now()),
            #[cfg(feature = "coarse-clock")]
            Self::Coarse(clock) => Some(clock.now()),
            Self::Given(clock) => contain(|| clock.now()),
        }
    }

    /// Reads the clock for a new breaker. If the user's clock panics, reads the default clock.
    pub(crate) fn read(self) -> ClockReading {
        let now = self.now().unwrap_or_else(now);
        ClockReading { clock: self, now }
    }
}

/// The clock of a new breaker, and its time. The clock is read before any lock is taken, because it
/// may be user code.
#[derive(Debug, Clone)]
pub(crate) struct ClockReading {
    pub(crate) clock: ClockSource,
    pub(crate) now: Instant,
}

impl fmt::Debug for ClockSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default clock",
            #[cfg(feature = "coarse-clock")]
            Self::Coarse(_) => "coarse clock",
            Self::Given(_) => "given clock",
        })
    }
}
