//! The time limits of one call and of its attempts.

use std::time::{Duration, Instant};

use super::scope::{self, earlier};
use crate::breaker::Permit;
#[cfg(feature = "tokio")]
use crate::signal::TimedOut;
use crate::signal::{Outcome, TimeLimit};
use crate::time;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    pub(super) attempt_timeout: Option<Duration>,
    /// The instant of the deadline, and the time from the start of the call to that instant.
    deadline: Option<(Instant, Duration)>,
}

/// The instant at which an attempt is cut short, and the limit that cuts it.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) at: Instant,
    pub(super) limit: TimeLimit,
    pub(super) after: Duration,
    pub(super) attempts: u32,
}

#[cfg(feature = "tokio")]
impl Cut {
    pub(super) fn timed_out(&self, limit: TimeLimit) -> TimedOut {
        TimedOut { limit, after: self.after, attempts: self.attempts }
    }
}

impl Limits {
    /// Computes the limits of a call that starts now. If an outer call has an earlier deadline,
    /// that deadline applies.
    pub(super) fn starting(
        started: Instant,
        deadline: Option<Duration>,
        attempt_timeout: Option<Duration>,
    ) -> Self {
        let own = deadline.and_then(|after| time::later(started, after));
        let outer = scope::current().deadline;
        let deadline = earlier(own, outer);
        Self {
            attempt_timeout,
            deadline: deadline.map(|at| (at, at.saturating_duration_since(started))),
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.map(|(at, _)| at)
    }

    // R6: if both limits end at the same instant, the deadline counts.
    #[cfg(feature = "tokio")]
    pub(super) fn cut(&self, now: impl FnOnce() -> Instant, attempts: u32) -> Option<Cut> {
        let of_attempt = self.attempt_timeout.and_then(|after| {
            let at = time::later(now(), after)?;
            Some((at, TimeLimit::AttemptTimeout, after))
        });
        let of_call = self.deadline;
        let of_call = of_call.map(|(at, after)| (at, TimeLimit::Deadline, after));
        let (at, limit, after) = match (of_attempt, of_call) {
            (Some(attempt), Some(call)) if attempt.0 < call.0 => attempt,
            (attempt, call) => call.or(attempt)?,
        };
        Some(Cut { at, limit, after, attempts })
    }
}

/// Reports an attempt that was cut short. The attempt counts as a failure, so that a hanging host
/// opens its circuit, unless the user's settings ignore the failure. If the attempt has an attempt
/// timeout and the deadline cut it earlier, the attempt counts as cancelled.
pub(crate) fn report_cut(permit: Permit<'_>, limit: TimeLimit, ignored: bool, has_own_limit: bool) {
    match limit {
        TimeLimit::Deadline if has_own_limit => drop(permit),
        // Without a timer, the operation was not called.
        TimeLimit::NoTimer => permit.report(Outcome::Ignored),
        _ if ignored => permit.report(Outcome::Ignored),
        _ => permit.report(Outcome::Failure),
    }
}
