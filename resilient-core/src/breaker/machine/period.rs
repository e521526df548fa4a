//! The time for which a state lasts, and its end.

use std::time::{Duration, Instant};

use crate::time::later;

/// The time for which the present state lasts.
#[derive(Debug)]
pub(super) struct Period {
    /// The instant from which the time counts: the beginning of the state, or the instant at which
    /// an operator moved the end.
    since: Instant,
    /// `None` if the state has no end.
    until: Option<Instant>,
}

impl Period {
    /// Starts a period of this length. `None`, and lengths that an `Instant` cannot hold, have no
    /// end.
    pub(super) fn new(length: Option<Duration>, since: Instant) -> Self {
        let until = length.and_then(|length| later(since, length));
        Self { since, until }
    }

    /// Returns from when the time counts.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Returns when the time ends, or `None` if there is no end.
    pub(super) fn end(&self) -> Option<Instant> {
        self.until
    }

    // B16: a time before the beginning counts as zero elapsed time.
    /// Returns whether the period is over. If `now` is before its beginning, the beginning is used
    /// instead.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now.max(self.since) >= until)
    }

    /// Returns the time until the end, or `None` if there is no end.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now.max(self.since)))
    }

    /// Returns the whole length, or `None` if there is no end.
    pub(super) fn length(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(self.since))
    }

    /// Moves the end to `length` from now.
    pub(super) fn restart(&mut self, length: Option<Duration>, now: Instant) {
        *self = Self::new(length, now.max(self.since));
    }

    /// Moves the end to `length` after the instant from which the time counts.
    pub(super) fn set_length(&mut self, length: Duration) {
        self.until = later(self.since, length);
    }

    // B16: a clock that was set back by a year does not prolong a state by a year.
    /// Lets a period that begins after `now`, because the clock was set back, begin now. Its length
    /// stays.
    pub(super) fn follow_clock(&mut self, now: Instant) {
        if now < self.since {
            *self = Self::new(self.length(), now);
        }
    }
}
