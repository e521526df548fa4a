//! How far the retries of one call have got.

use std::panic::Location;
use std::time::Duration;

use super::Plan;
use crate::retry::budget::Reservation;
use crate::retry::nested::{self, NestedMode};
use crate::retry::observed::Observed;
use crate::retry::schedule::Schedule;
use crate::retry::scope::{Entered, enter};
use crate::telemetry;

/// How far the retries of one call have got.
#[derive(Debug)]
pub(super) struct Progress {
    /// An attempt was made and failed, rather than rejected.
    pub(super) has_failed: bool,
    /// The loop must not go on, since it runs inside another one.
    pub(super) collapsed: bool,
    /// Retries that were granted so far.
    pub(super) retries: u32,
    pub(super) last_delay: Duration,
    /// What the next attempt costs, until it starts.
    pub(super) reserved: Option<Reservation>,
    /// The present attempt was paid for.
    pub(super) is_paid: bool,
    pub(super) schedule: Schedule,
    pub(super) observed: Observed,
}

impl Progress {
    /// Begun with the first failure, which is where a loop inside another one begins to multiply.
    pub(super) fn begin(plan: Plan<'_>, place: &'static Location<'static>) -> Self {
        let observed = Observed::begin(place);
        Self {
            has_failed: false,
            collapsed: nested::is_collapsed(plan.nested(), place),
            retries: 0,
            last_delay: Duration::ZERO,
            reserved: None,
            is_paid: false,
            schedule: Schedule::new(observed.seed(plan.policy.seed)),
            observed,
        }
    }

    /// What was reserved is spent. `true` if loops inside the attempt are to see this one.
    #[cold]
    pub(super) fn begin_attempt(&mut self, nested: NestedMode) -> bool {
        let reserved = self.reserved.take();
        self.is_paid = reserved.is_some();
        if let Some(reserved) = reserved {
            reserved.spend();
        }
        nested != NestedMode::Allow
    }

    /// The same, and marks a plain attempt for loops inside it.
    #[cold]
    pub(super) fn mark(&mut self, nested: NestedMode) -> Option<Entered> {
        self.begin_attempt(nested).then(|| enter(true, None))
    }

    #[cold]
    pub(super) fn succeeded(&self, plan: Plan<'_>) {
        self.observed.attempted();
        self.observed.ended(Ok(()));
        telemetry::recovered(attempt_number(Some(self)));
        plan.pay_in(self.is_paid);
    }
}

/// The number of the attempt that runs now, or has just failed: from 1.
pub(super) fn attempt_number(progress: Option<&Progress>) -> u32 {
    progress.map_or(1, |progress| progress.retries.saturating_add(1))
}

/// A call that succeeds at once has no progress to observe it by.
#[cfg(feature = "test-util")]
pub(super) fn observe_first_success(place: &'static Location<'static>) {
    let observed = Observed::begin(place);
    observed.attempted();
    observed.ended(Ok(()));
}
