//! An attempt that a time limit cuts short, and what that says about the dependency.

#[cfg(feature = "tokio")]
use std::time::{Duration, Instant};

use crate::breaker::Permit;
use crate::signal::{Classification, FullTime, Outcome, TimeLimit, TimedOut};
#[cfg(feature = "tokio")]
use crate::time;

/// Why an attempt was cut short.
#[derive(Debug, Clone, Copy)]
pub struct CutCause {
    pub(super) limit: TimeLimit,
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
}

// C2
/// Reports an attempt that was cut short. If the attempt had its full time, it counts as a failure,
/// so that a hanging host opens its circuit. If the user's settings ignore this failure
/// (`ignored`), the breaker ignores the attempt. If the attempt did not have its full time, it
/// counts as abandoned, so that a caller with a tiny deadline cannot open the circuit.
pub(crate) fn report_cut(permit: Permit<'_>, cause: CutCause, ignored: bool) {
    match cause.full_time {
        // Without a timer, the operation was not called.
        _ if cause.limit == TimeLimit::NoTimer => permit.report(Outcome::Ignored),
        FullTime::Call | FullTime::Neither => drop(permit),
        FullTime::Attempt if ignored => permit.report(Outcome::Ignored),
        FullTime::Attempt => {
            let class = Classification::transient();
            permit.report_class(Some(class.with_text(cause.limit.error_text())));
        }
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
    pub(super) fn before_any_attempt(self) -> TimedOut {
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
pub(super) struct Cut {
    pub(super) at: Instant,
    pub(super) limit: TimeLimit,
    pub(super) after: Duration,
    pub(super) attempts: u32,
    /// Whether the attempt or the call has its full time at `at`.
    pub(super) full_time: FullTime,
    /// The instant from which the attempt has its full time, even if `full_time` says otherwise.
    pub(super) is_full_at: Option<Instant>,
}

#[cfg(feature = "tokio")]
impl Cut {
    /// Returns the cut of `#[timeout]`, or `None` if the limit never ends.
    pub(super) fn timeout(after: Duration) -> Option<Self> {
        let at = time::later(time::now(), after)?;
        Some(Self::full(at, TimeLimit::Timeout, after, 1))
    }

    /// Returns a cut at the instant `at`, at which the attempt has its full time.
    pub(super) fn full(at: Instant, limit: TimeLimit, after: Duration, attempts: u32) -> Self {
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
