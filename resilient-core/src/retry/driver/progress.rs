//! The progress of one call's retries.

use std::panic::Location;
use std::time::Duration;

use super::plan::Plan;
use crate::retry::budget::Reservation;
use crate::retry::nested::{self, NestedMode};
use crate::retry::schedule::Schedule;
use crate::retry::scope::{Entered, enter};
use crate::retry::test_hook::TestHook;
use crate::telemetry;

/// The progress of one call's retries. It exists from the first failure on.
#[derive(Debug)]
pub(super) struct Progress {
    /// An attempt was made and failed; a rejected attempt does not count.
    pub(super) has_failed: bool,
    /// The loop runs inside another one and leaves retries to that.
    pub(super) collapsed: bool,
    /// Retries granted so far.
    pub(super) retries: u32,
    pub(super) last_delay: Duration,
    /// The token of the next attempt, until the attempt starts.
    pub(super) reserved: Option<Reservation>,
    /// The current attempt cost a token.
    pub(super) is_paid: bool,
    pub(super) schedule: Schedule,
    pub(super) hook: TestHook,
}

impl Progress {
    /// Created at the first failure: from there on a loop inside another one multiplies attempts.
    pub(super) fn begin(plan: Plan<'_>, place: &'static Location<'static>) -> Self {
        let (hook, seed) = (TestHook::begin(place), plan.policy.seed);
        Self {
            has_failed: false,
            collapsed: nested::is_collapsed(plan.nested(), place),
            retries: 0,
            last_delay: Duration::ZERO,
            reserved: None,
            is_paid: false,
            schedule: Schedule::new(seed.or_else(|| Some(hook.record()?.seed()))),
            hook,
        }
    }

    /// Spends the reserved token. Returns whether loops inside the attempt are to see this one.
    #[cold]
    pub(super) fn begin_attempt(&mut self, nested: NestedMode) -> bool {
        let reserved = self.reserved.take();
        self.is_paid = reserved.is_some();
        if let Some(reserved) = reserved {
            reserved.spend();
        }
        nested != NestedMode::Allow
    }

    /// Spends the reserved token and marks a plain attempt for the loops inside it.
    #[cold]
    pub(super) fn mark(&mut self, nested: NestedMode) -> Option<Entered> {
        self.begin_attempt(nested).then(|| enter(true, None))
    }

    #[cold]
    pub(super) fn succeeded(&self, plan: Plan<'_>) {
        self.hook.succeeded();
        telemetry::recovered(attempt_number(Some(self)));
        plan.pay_in(self.is_paid);
    }
}

/// The number of the running attempt, or of the one that failed last, from 1.
pub(super) fn attempt_number(progress: Option<&Progress>) -> u32 {
    progress.map_or(1, |progress| progress.retries.saturating_add(1))
}
