//! The clock of one breaker: the default one, a coarse one, or one that the user gave.

#[cfg(feature = "coarse-clock")]
use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Instant;

use super::clock::{Clock, now};
#[cfg(feature = "coarse-clock")]
use super::coarse::CoarseClock;
use super::instant::nanos_between;
use crate::platform::{contain, discard};

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
