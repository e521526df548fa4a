//! What an operator sees of a breaker.

use std::time::{Duration, Instant};

use super::machine::{Counted, TimeInState, TransitionCounts};
use super::window::Tally;
use crate::signal::{CircuitState, Transition};

/// How many calls ended how. Monotonic and saturating; each call is in exactly one of them (`slow` apart), except those
/// that end while the breaker is disabled, which are in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallCounts {
    /// Ended in [`Outcome::Success`](crate::Outcome::Success).
    pub success: u64,
    /// Ended in [`Outcome::Failure`](crate::Outcome::Failure), in a panic, or cancelled where that counts as a failure.
    pub failure: u64,
    /// Ended in [`Outcome::Ignored`](crate::Outcome::Ignored).
    pub ignored: u64,
    /// Cancelled: the permit was dropped with no outcome.
    pub abandoned: u64,
    /// Ended after the state that admitted them, or after their probe's lease. They moved nothing.
    pub late: u64,
    /// Rejected without being made.
    pub rejected: u64,
    /// Of the successes and failures, those that took at least `slow_call`.
    pub slow: u64,
}

impl CallCounts {
    /// The same with every count combined with that of `other`.
    fn with(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            success: combine(self.success, other.success),
            failure: combine(self.failure, other.failure),
            ignored: combine(self.ignored, other.ignored),
            abandoned: combine(self.abandoned, other.abandoned),
            late: combine(self.late, other.late),
            rejected: combine(self.rejected, other.rejected),
            slow: combine(self.slow, other.slow),
        }
    }

    pub(crate) fn since(&self, start: &Self) -> Self {
        self.with(start, u64::saturating_sub)
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    pub(crate) fn count(&mut self, counted: Counted) {
        let (count, slow) = match counted {
            Counted::Success { slow } => (&mut self.success, slow),
            Counted::Failure { slow } => (&mut self.failure, slow),
            Counted::Ignored => (&mut self.ignored, false),
            Counted::Abandoned => (&mut self.abandoned, false),
            Counted::Late => (&mut self.late, false),
            Counted::Nowhere => return,
        };
        *count = count.saturating_add(1);
        self.slow = self.slow.saturating_add(u64::from(slow));
    }

    pub(crate) fn count_rejection(&mut self) {
        self.rejected = self.rejected.saturating_add(1);
    }
}

/// What a closed or observed breaker remembers of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WindowCounts {
    /// Successes and failures in the window; none without a window.
    pub calls: u64,
    /// The failures among them.
    pub failures: u64,
    /// The slow ones among them.
    pub slow: u64,
    /// Failures in a row.
    pub consecutive_failures: u32,
}

impl WindowCounts {
    pub(crate) fn new(streak: u32, window: Option<Tally>) -> Self {
        let Tally {
            calls,
            failures,
            slow,
        } = window.unwrap_or_default();
        Self {
            calls,
            failures,
            slow,
            consecutive_failures: streak,
        }
    }

    /// The share of failures, 0 to 1. `None` if the window is empty. The condition looks at it from `min_calls` on.
    #[must_use]
    pub fn failure_rate(&self) -> Option<f64> {
        self.tally().failure_rate()
    }

    /// The share of slow calls, 0 to 1. `None` if the window is empty.
    #[must_use]
    pub fn slow_call_rate(&self) -> Option<f64> {
        self.tally().slow_call_rate()
    }

    fn tally(&self) -> Tally {
        Tally {
            calls: self.calls,
            failures: self.failures,
            slow: self.slow,
        }
    }
}

/// A breaker at one instant. Taking it changes nothing.
///
/// It is consistent in itself: taken under the breaker's lock. While calls are in flight, `success` may lag behind by those
/// that are just ending; at rest every total is exact, and `in_state` has at most those successes too many that were just
/// ending when the state began.
///
/// With the feature `serde` it can be serialised: names and counts as they stand here; times in seconds, under names that
/// say so (`retry_after_seconds`); instants as how many seconds ago they were.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// The breaker's name.
    pub name: String,
    /// Its key, if it is one of several of that name.
    pub key: Option<String>,
    /// When the snapshot was taken, by the breaker's clock.
    pub at: Instant,
    /// The state as the next caller would find it: half-open once the recovery time is over, even if no call has come.
    pub state: CircuitState,
    /// When that state began: the last transition, or the end of the recovery time. `None` if the breaker has been
    /// closed from the start.
    pub since: Option<Instant>,
    /// How long until a call may be admitted: zero where one would be now, `None` where nobody knows.
    pub retry_after: Option<Duration>,
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// What is in the window now. `None` without a window, and in states that have none.
    pub window: Option<WindowCounts>,
    /// What was remembered when a condition last opened the circuit: the reason is that of the last transition from
    /// closed to open in `recent`.
    pub last_opening: Option<WindowCounts>,
    /// Probes that hold a slot.
    pub probes_in_flight: usize,
    /// Calls over the life of the breaker.
    pub totals: CallCounts,
    /// The same since the state that was last entered began.
    pub in_state: CallCounts,
    /// How often the breaker went into each state.
    pub transitions: TransitionCounts,
    /// How long it has been in each state.
    pub time_in_state: TimeInState,
    /// The last 32 transitions, oldest first.
    pub recent: Vec<Transition>,
    /// How many listeners' panics were contained.
    pub listener_panics: u64,
    /// How many events were dropped because listeners were too slow.
    pub lost_events: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fm_d14_counts_stay_at_the_largest_number() {
        let full = CallCounts {
            success: u64::MAX,
            failure: u64::MAX,
            ignored: u64::MAX,
            abandoned: u64::MAX,
            late: u64::MAX,
            rejected: u64::MAX,
            slow: u64::MAX,
        };
        let mut counts = full;
        for counted in [
            Counted::Success { slow: true },
            Counted::Failure { slow: true },
            Counted::Ignored,
            Counted::Abandoned,
            Counted::Late,
        ] {
            counts.count(counted);
        }
        counts.count_rejection();
        assert_eq!(counts, full);
        assert_eq!(full.plus(&full), full);
        assert_eq!(CallCounts::default().since(&full), CallCounts::default());
    }
}
