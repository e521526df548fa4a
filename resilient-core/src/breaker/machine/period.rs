//! The time for which a state lasts, and its end.

use std::time::{Duration, Instant};

use crate::time::later;

/// The time for which the present state lasts.
#[derive(Debug)]
pub(super) struct Period {
    /// The instant from which the time counts: the beginning of the state, or the instant at which
    /// an operator set a new end.
    since: Instant,
    /// `None` if the state has no end.
    until: Option<Instant>,
}

impl Period {
    /// Starts a period of this length. The period has no end if `length` is `None`, or if an
    /// `Instant` cannot hold the end.
    pub(super) fn new(length: Option<Duration>, since: Instant) -> Self {
        let until = length.and_then(|length| later(since, length));
        Self { since, until }
    }

    /// Returns the instant from which the time counts.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Returns when the time ends, or `None` if there is no end.
    pub(super) fn end(&self) -> Option<Instant> {
        self.until
    }

    // B16: if `now` is before the beginning, no time has elapsed.
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

    /// Starts the period again: it ends after `length` from now.
    pub(super) fn restart(&mut self, length: Option<Duration>, now: Instant) {
        *self = Self::new(length, now.max(self.since));
    }

    /// Changes the length, but not the instant from which the time counts.
    pub(super) fn set_length(&mut self, length: Duration) {
        self.until = later(self.since, length);
    }

    // B16: a clock that was set back by a year does not prolong a state by a year.
    /// If the period begins after `now`, because the clock was set back, starts it again now with
    /// the same length.
    pub(super) fn follow_clock(&mut self, now: Instant) {
        if now < self.since {
            *self = Self::new(self.length(), now);
        }
    }
}
