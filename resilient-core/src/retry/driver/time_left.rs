//! The time that a call has left under its limits.

use std::time::Duration;

use super::plan::Plan;
use crate::deadline::{current, earlier};
use crate::retry::limits::Limits;
use crate::signal::StopReason;
use crate::time;

/// The time left, and the reason to stop when it runs out.
pub(super) type Left = (Duration, StopReason);

impl Plan<'_> {
    /// Returns the time until `max_elapsed`, whose value is `longest`, or until the deadline,
    /// whichever is less. The deadline may come from an outer call. `skipped` is the time of sleeps
    /// that a test has skipped.
    pub(super) fn time_left(&self, longest: Option<Duration>, skipped: Duration) -> Option<Left> {
        let elapsed = longest.zip(self.started);
        let own = self.limits().and_then(Limits::deadline);
        let deadline = earlier(own, current().deadline);
        if elapsed.is_none() && deadline.is_none() {
            return None;
        }
        let now = time::now();
        let now = now.checked_add(skipped).unwrap_or(now);
        let of_elapsed = elapsed.map(|(most, started)| {
            let left = most.saturating_sub(now.saturating_duration_since(started));
            (left, StopReason::Elapsed)
        });
        let of_deadline =
            deadline.map(|at| (at.saturating_duration_since(now), StopReason::Deadline));
        match (of_elapsed, of_deadline) {
            (Some(elapsed), Some(deadline)) if deadline.0 < elapsed.0 => Some(deadline),
            (elapsed, deadline) => elapsed.or(deadline),
        }
    }
}
