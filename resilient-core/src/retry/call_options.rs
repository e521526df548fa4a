//! The options of one call that are not part of its policy.

use std::time::{Duration, Instant};

use super::budget::RetryBudget;
use super::limits::Limits;
use super::nested::NestedMode;
use crate::time;

/// The options of one call that are not part of its policy. The driver holds only a reference to
/// them, since most calls have none.
#[derive(Debug, Default)]
pub struct CallOptions<'a> {
    pub(super) started: Option<Instant>,
    pub(super) limits: Limits,
    pub(super) budget: Option<&'a RetryBudget>,
    pub(super) nested: NestedMode,
}

impl<'a> CallOptions<'a> {
    /// Makes empty options.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the clock, so that attempts can report the time since the call started.
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.started.get_or_insert_with(time::now);
        self
    }

    /// Limits the time of the whole call and the time of each attempt. The deadline counts from the
    /// start of the call. The loop enforces both limits.
    #[must_use]
    pub fn limits(mut self, deadline: Option<Duration>, attempt_timeout: Option<Duration>) -> Self {
        if deadline.is_some() || attempt_timeout.is_some() {
            let started = *self.started.get_or_insert_with(time::now);
            self.limits = Limits::starting(started, deadline, attempt_timeout);
        }
        self
    }

    /// Pays for retries from `budget`, if there is one.
    #[inline]
    #[must_use]
    pub fn budgeted(mut self, budget: Option<&'a RetryBudget>) -> Self {
        self.budget = budget;
        self
    }

    /// Sets what the loop does if it runs inside an attempt of another loop.
    #[inline]
    #[must_use]
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.nested = nested;
        self
    }
}
