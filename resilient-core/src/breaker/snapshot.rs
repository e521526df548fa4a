//! What an operator sees of a breaker.

use std::time::{Duration, Instant};

use super::machine::TransitionCounts;
use super::state::{State, Transition};

/// How many calls ended how. Monotonic and saturating; each call is in exactly one of them, except those that end while the
/// breaker is disabled, which are in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
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
}

impl Counts {
    pub(crate) fn since(&self, start: &Self) -> Self {
        Self {
            success: self.success.saturating_sub(start.success),
            failure: self.failure.saturating_sub(start.failure),
            ignored: self.ignored.saturating_sub(start.ignored),
            abandoned: self.abandoned.saturating_sub(start.abandoned),
            late: self.late.saturating_sub(start.late),
            rejected: self.rejected.saturating_sub(start.rejected),
        }
    }
}

/// A breaker at one instant. Taking it changes nothing.
///
/// While calls are in flight, `success` may lag behind by those that are just ending; at rest every count is exact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The breaker's name.
    pub name: String,
    /// The state as the next caller would find it: half-open once the recovery time is over, even if no call has come.
    pub state: State,
    /// When that state began: the last transition, or the end of the recovery time. `None` if the breaker has been
    /// closed from the start.
    pub since: Option<Instant>,
    /// How long until a call may be admitted: zero where one would be now, `None` where nobody knows.
    pub retry_after: Option<Duration>,
    /// Failures in a row.
    pub streak: u32,
    /// Probes that hold a slot.
    pub probes_in_flight: usize,
    /// Calls over the life of the breaker.
    pub totals: Counts,
    /// The same since the state that was last entered began.
    pub in_state: Counts,
    /// How often the breaker went into each state.
    pub transitions: TransitionCounts,
    /// The last 32 transitions, oldest first.
    pub recent: Vec<Transition>,
    /// How many listeners' panics were contained.
    pub listener_panics: u64,
    /// How many events were dropped because listeners were too slow.
    pub lost_events: u64,
}
