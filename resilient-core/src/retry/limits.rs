//! The time limits of one call and of its attempts.

use std::time::{Duration, Instant};

#[cfg(feature = "tokio")]
use crate::deadline::Cut;
use crate::deadline::{TimeLeft, current, earlier};
#[cfg(feature = "tokio")]
use crate::signal::{FullTime, TimeLimit};

#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "only timers read it"))]
pub(super) struct Limits {
    attempt_timeout: Option<Duration>,
    deadline: Option<Deadline>,
}

#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "only timers read it"))]
struct Deadline {
    at: Instant,
    /// The time from the start of the call to `at`.
    after: Duration,
    /// Whether the deadline comes from an outer call and leaves this call less time than its own
    /// settings allow.
    is_inherited: bool,
}

/// What happened in a call before the attempt that starts now.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Past {
    pub(super) attempt_number: u32,
    /// Whether nothing happened: no attempt, no rejection and no wait.
    pub(super) is_empty: bool,
    /// The total time of the pauses between attempts.
    pub(super) waited: Duration,
}

impl Limits {
    /// Computes the limits of a call that starts now. If an outer call has an earlier deadline,
    /// that deadline applies.
    pub(super) fn starting(
        started: Instant,
        deadline: Option<Duration>,
        attempt_timeout: Option<Duration>,
    ) -> Self {
        let own = TimeLeft::from(started, deadline);
        let outer = current().deadline;
        let at = earlier(own.map(|own| own.end), outer);
        let deadline = at.map(|at| Deadline {
            at,
            after: at.saturating_duration_since(started),
            is_inherited: own.is_none_or(|own| at < own.nearly_end()),
        });
        Self { attempt_timeout, deadline }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.map(|deadline| deadline.at)
    }

    /// Returns the cut of a wait at the gate of the call, or `None` if the call has no deadline.
    /// `attempts` is the number of attempts before it.
    #[cfg(feature = "tokio")]
    pub(super) fn cut_of_wait(&self, attempts: u32) -> Option<Cut> {
        let Deadline { at, after, is_inherited } = self.deadline?;
        let full_time = if is_inherited { FullTime::Neither } else { FullTime::Call };
        Some(Cut { full_time, ..Cut::full(at, TimeLimit::Deadline, after, attempts) })
    }

    // R6: if both limits end at the same instant, the deadline counts.
    /// Returns the cut of an attempt that starts now. `timeout` is the value of the `#[timeout]`
    /// around the attempt or inside it.
    #[cfg(feature = "tokio")]
    pub(super) fn cut(
        &self,
        now: impl FnOnce() -> Instant,
        past: Past,
        timeout: Option<Duration>,
    ) -> Option<Cut> {
        let own = match [self.attempt_timeout, timeout] {
            [None, None] => [None, None],
            own => {
                let now = now();
                own.map(|limit| TimeLeft::from(now, limit))
            }
        };
        let [of_attempt, _] = own;
        let own = own.into_iter().flatten().min_by_key(|own| own.end);
        match (of_attempt, self.deadline) {
            (Some(limit), deadline) if deadline.is_none_or(|deadline| limit.end < deadline.at) => {
                let TimeLeft { end, after } = limit;
                Some(Cut::full(end, TimeLimit::AttemptTimeout, after, past.attempt_number))
            }
            (_, deadline) => deadline.map(|deadline| deadline.cut(past, own)),
        }
    }
}

// C2
#[cfg(feature = "tokio")]
impl Deadline {
    /// Returns the cut of an attempt that starts now. `own` is the time limit of the attempt
    /// itself.
    fn cut(&self, past: Past, own: Option<TimeLeft>) -> Cut {
        let Self { at, after, is_inherited } = *self;
        let cut = Cut::full(at, TimeLimit::Deadline, after, past.attempt_number);
        let mostly_waited = past.waited > after / 2;
        if !is_inherited && (past.is_empty || own.is_none() && !mostly_waited) {
            return cut;
        }
        let full_time = if is_inherited { FullTime::Neither } else { FullTime::Call };
        Cut { full_time, is_full_at: own.map(TimeLeft::nearly_end), ..cut }
    }
}
