//! The limits of one call: until when it, and each of its attempts, may run.

use std::time::{Duration, Instant};

use super::scope::{self, earlier};
use crate::breaker::Permit;
use crate::signal::Outcome;
use crate::signal::TimeLimit;
#[cfg(feature = "tokio")]
use crate::signal::TimedOut;
use crate::time;

/// What a call was given, besides its policy.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    pub(super) attempt_timeout: Option<Duration>,
    deadline: Option<Deadline>,
}

/// The end of the whole call.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Instant,
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "what timers tell"))]
    after: Duration,
}

/// When an attempt is cut short, and by what.
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
        TimedOut {
            limit,
            after: self.after,
            attempts: self.attempts,
        }
    }
}

impl Limits {
    /// The limits of a call that starts now. The deadline of an outer call holds, too, where it comes first.
    pub(super) fn starting(
        started: Instant,
        deadline: Option<Duration>,
        attempt_timeout: Option<Duration>,
    ) -> Self {
        let own = deadline.and_then(|after| time::later(started, after));
        let outer = scope::current().deadline;
        let deadline = earlier(own, outer).map(|at| Deadline {
            at,
            after: at.saturating_duration_since(started),
        });
        Self {
            attempt_timeout,
            deadline,
        }
    }

    /// The end of the whole call.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.map(|deadline| deadline.at)
    }

    /// Where the attempt ends that starts at `now`: of two limits that end at once, the deadline is the harder.
    #[cfg(feature = "tokio")]
    pub(super) fn cut(&self, now: impl FnOnce() -> Instant, attempts: u32) -> Option<Cut> {
        let of_attempt = self.attempt_timeout.and_then(|after| {
            let at = time::later(now(), after)?;
            Some((at, TimeLimit::AttemptTimeout, after))
        });
        let of_call = self
            .deadline
            .map(|Deadline { at, after }| (at, TimeLimit::Deadline, after));
        let (at, limit, after) = match (of_attempt, of_call) {
            (Some(attempt), Some(call)) if attempt.0 < call.0 => attempt,
            (attempt, call) => call.or(attempt)?,
        };
        Some(Cut {
            at,
            limit,
            after,
            attempts,
        })
    }
}

/// Reports an attempt that was cut short: a failure, so that a host which hangs opens its circuit; `ignored` where the user
/// says that it is none. A deadline says nothing of an attempt that has a limit of its own and had time left by it.
pub(crate) fn report_cut(permit: Permit<'_>, limit: TimeLimit, ignored: bool, has_own_limit: bool) {
    match limit {
        TimeLimit::Deadline if has_own_limit => drop(permit),
        // Nothing was called.
        TimeLimit::NoTimer => permit.report(Outcome::Ignored),
        _ if ignored => permit.report(Outcome::Ignored),
        _ => permit.report(Outcome::Failure),
    }
}
