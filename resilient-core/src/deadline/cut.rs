//! A call or an attempt that a time limit cuts short.

#[cfg(feature = "tokio")]
use std::time::{Duration, Instant};

use crate::signal::{FullTime, TimeLimit, TimedOut};
#[cfg(feature = "tokio")]
use crate::time;

/// Why an attempt was cut short.
#[derive(Debug, Clone, Copy)]
pub struct CutCause {
    limit: TimeLimit,
    full_time: FullTime,
}

impl CutCause {
    /// Returns the cause as a breaker around the whole loop sees it.
    #[must_use]
    pub fn of_call(mut self) -> Self {
        if self.full_time == FullTime::Call {
            self.full_time = FullTime::Attempt;
        }
        self
    }

    pub(crate) fn limit(self) -> TimeLimit {
        self.limit
    }

    pub(crate) fn full_time(self) -> FullTime {
        self.full_time
    }
}

/// The end of an attempt that was cut short.
#[derive(Debug)]
pub struct CutShort {
    pub(crate) timed_out: TimedOut,
}

impl CutShort {
    /// Returns why the attempt was cut short.
    #[must_use]
    pub fn cause(&self) -> CutCause {
        CutCause { limit: self.timed_out.limit, full_time: self.timed_out.full_time }
    }

    /// Returns the error of a call that has made no attempt. It says nothing about the dependency.
    #[cfg(feature = "tokio")]
    pub(crate) fn before_any_attempt(self) -> TimedOut {
        TimedOut { full_time: FullTime::Neither, ..self.timed_out }
    }

    /// Returns whether the deadline of an outer call cut the attempt short before its own settings
    /// would have.
    #[cfg(feature = "tokio")]
    pub(super) fn is_by_outer_call(&self) -> bool {
        self.timed_out.full_time == FullTime::Neither
    }
}

/// The instant at which an attempt is cut short, and the limit that cuts it.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) at: Instant,
    pub(crate) limit: TimeLimit,
    pub(crate) after: Duration,
    pub(crate) attempts: u32,
    /// Whether the attempt or the call has its full time at `at`.
    pub(crate) full_time: FullTime,
    /// The instant from which the attempt has its full time, even if `full_time` says otherwise.
    pub(crate) is_full_at: Option<Instant>,
}

#[cfg(feature = "tokio")]
impl Cut {
    /// Returns the cut of `#[timeout]`, or `None` if the limit never ends.
    pub(super) fn timeout(after: Duration) -> Option<Self> {
        let at = time::later(time::now(), after)?;
        Some(Self::full(at, TimeLimit::Timeout, after, 1))
    }

    /// Returns a cut at the instant `at`, at which the attempt has its full time.
    pub(crate) fn full(at: Instant, limit: TimeLimit, after: Duration, attempts: u32) -> Self {
        Self { at, limit, after, attempts, full_time: FullTime::Attempt, is_full_at: None }
    }

    /// Describes the attempt after the timer of this cut has fired. A timer can fire late, so the
    /// attempt may have run as long as its own limit although the deadline was earlier.
    pub(super) fn cut_short(&self) -> CutShort {
        let is_full = self.is_full_at.is_some_and(|at| time::now() >= at);
        let full_time = if is_full { FullTime::Attempt } else { self.full_time };
        self.short(self.limit, full_time)
    }

    /// Describes an attempt that did not start, because there is no timer.
    pub(super) fn without_timer(&self) -> CutShort {
        self.short(TimeLimit::NoTimer, FullTime::Neither)
    }

    fn short(&self, limit: TimeLimit, full_time: FullTime) -> CutShort {
        let Self { after, attempts, .. } = *self;
        CutShort { timed_out: TimedOut { limit, after, attempts, full_time } }
    }
}
