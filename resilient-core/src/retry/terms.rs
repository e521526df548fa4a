//! What one call was given besides its policy.

use std::time::{Duration, Instant};

use super::budget::RetryBudget;
use super::limits::Limits;
use super::nested::NestedMode;
use crate::time;

/// What one call was given besides its policy. Most are given nothing: so it stands apart from the loop, which refers to it.
#[derive(Debug, Default)]
pub struct Terms<'a> {
    pub(super) started: Option<Instant>,
    pub(super) limits: Limits,
    pub(super) budget: Option<&'a RetryBudget>,
    pub(super) nested: NestedMode,
}

impl<'a> Terms<'a> {
    /// Nothing yet.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the clock, so that attempts know the time since the call's start.
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.start();
        self
    }

    /// Bounds the whole call, from its start on, and each attempt. Whoever drives the loop has to keep that.
    #[must_use]
    pub fn limits(mut self, deadline: Option<Duration>, attempt_timeout: Option<Duration>) -> Self {
        if deadline.is_some() || attempt_timeout.is_some() {
            self.limits = Limits::starting(self.start(), deadline, attempt_timeout);
        }
        self
    }

    /// Pays retries from a budget. `None` is no budget.
    #[inline]
    #[must_use]
    pub fn budgeted(mut self, budget: Option<&'a RetryBudget>) -> Self {
        self.budget = budget;
        self
    }

    /// What the loop does inside another one.
    #[inline]
    #[must_use]
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.nested = nested;
        self
    }

    fn start(&mut self) -> Instant {
        *self.started.get_or_insert_with(time::now)
    }
}
