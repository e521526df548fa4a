//! A time limit that has started to run.

use std::time::{Duration, Instant};

use crate::time;

/// A time limit that has started to run: its end and its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLeft {
    pub(crate) end: Instant,
    pub(crate) after: Duration,
}

impl TimeLeft {
    /// Returns the limit, or `None` if there is no limit or if the limit never ends.
    pub(crate) fn from(start: Instant, limit: Option<Duration>) -> Option<Self> {
        let after = limit?;
        Some(Self { end: time::later(start, after)?, after })
    }

    /// Returns the instant from which the limit counts as used up. This is a millisecond before its
    /// end: timers fire on whole milliseconds, so limits that end within a millisecond of each
    /// other end together. For a limit of less than two milliseconds, this is its middle.
    pub(crate) fn nearly_end(self) -> Instant {
        const TICK: Duration = Duration::from_millis(1);
        self.end.checked_sub(TICK.min(self.after / 2)).unwrap_or(self.end)
    }
}
