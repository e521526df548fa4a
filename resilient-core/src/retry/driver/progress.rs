//! The progress of one call's retries.

use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::plan::Plan;
use crate::deadline::{AttemptMark, Entered, Nesting, enter};
use crate::retry::budget::Reservation;
use crate::retry::circuit_pause::GrantedPause;
use crate::retry::named::{CallEnd, RetryFailure, RetryRecord};
use crate::retry::nested::{self, NestedMode};
use crate::retry::schedule::Schedule;
use crate::retry::test_hook::TestHook;
use crate::signal::{ErrorText, StopReason};
use crate::{telemetry, time};

/// The progress of one call's retries, created at the first failure, or at the first wait if the
/// gate of the call makes its first attempt wait.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a separate question")]
pub(in crate::retry) struct Progress {
    /// The number of attempts that ran and failed. A rejected attempt does not count.
    pub(super) failed: u32,
    /// A text about the error of the last attempt that failed.
    pub(super) text: Option<ErrorText>,
    /// Whether the attempt that ended last is remembered as a failure.
    pub(super) is_failure: bool,
    /// The maximum number of retries at the last decision.
    pub(super) max_retries: u32,
    /// Whether the loop leaves retries to an outer loop.
    pub(super) collapsed: bool,
    /// The number of retries granted so far. Waits for the circuit are no retries.
    pub(super) retries: u32,
    /// The number of waits for the circuit so far.
    pub(super) waits: u32,
    /// Whether the present delay precedes a retry. Otherwise it follows a rejection.
    pub(super) is_retry: bool,
    /// The pause before the next attempt. Its type needs no drop: a larger drop of the progress
    /// would keep the loop's variables in memory on the hot path.
    pub(super) pause: GrantedPause,
    /// The sum of the pauses before `pause`.
    pub(super) paused_before: Duration,
    /// The part of the pauses that is over and not yet added to the counts of the name.
    uncounted: Duration,
    /// The record of the name, until the end of the call is counted. `Drop` takes it, so that the
    /// field needs no drop, for the same reason.
    record: ManuallyDrop<Option<Arc<RetryRecord>>>,
    /// The tokens of the next attempt, until the attempt starts.
    pub(super) reserved: Option<Reservation>,
    /// Whether the current attempt cost tokens.
    pub(super) is_paid: bool,
    pub(super) schedule: Schedule,
    pub(super) hook: TestHook,
}

impl Progress {
    /// Creates the progress at the first failure or wait. An inner loop multiplies the attempts of
    /// an outer loop only after the inner loop has failed, so the nesting is checked here.
    pub(super) fn begin(
        plan: Plan<'_>,
        seed: Option<u64>,
        place: &'static Location<'static>,
    ) -> Self {
        let hook = TestHook::begin(place);
        Self {
            failed: 0,
            text: None,
            is_failure: false,
            max_retries: plan.policy.max_retries,
            collapsed: nested::is_collapsed(plan.nested(), plan.name(), place),
            retries: 0,
            waits: 0,
            is_retry: false,
            pause: GrantedPause::default(),
            paused_before: Duration::ZERO,
            uncounted: Duration::ZERO,
            record: ManuallyDrop::new(plan.record().cloned()),
            reserved: None,
            is_paid: false,
            schedule: Schedule::new(seed.or_else(|| Some(hook.record()?.seed()))),
            hook,
        }
    }

    /// Returns the sum of the pauses between attempts.
    pub(super) fn paused(&self) -> Duration {
        self.paused_before.saturating_add(self.pause.delay)
    }

    /// Adds a wait at the gate of the call to the present pause.
    #[cfg(feature = "tokio")]
    pub(super) fn held(&mut self, time: Duration) {
        self.pause.delay = self.pause.delay.saturating_add(time);
    }

    /// Notes that the present pause is over.
    pub(super) fn pause_ended(&mut self) {
        self.uncounted = self.uncounted.saturating_add(self.pause.delay);
    }

    /// Counts the attempt that ended now, and what follows it, under the name of the retry. `stop`
    /// is the reason why no attempt follows.
    pub(super) fn count_step(&mut self, stop: Option<StopReason>) {
        if self.record.is_none() {
            return;
        }
        let failure = || RetryFailure { at: time::now(), attempt: self.failed, text: self.text };
        let failure = self.is_failure.then(failure);
        let (ran, waits) = (self.is_retry, self.pause.wait.is_some());
        let (is_first, paused) = (self.retries == 0, std::mem::take(&mut self.uncounted));
        let Some(record) = self.record.take() else { return };
        record.update(|counts| {
            counts.paused(paused);
            if ran {
                counts.failed(failure);
            }
            match stop {
                Some(reason) => counts.ended(CallEnd::GaveUp(reason)),
                None => counts.granted(ran, is_first, waits),
            }
        });
        if stop.is_none() {
            *self.record = Some(record);
        }
    }

    /// Counts the end of the call under its name. Only the first end counts.
    fn count_end(&mut self, end: CallEnd) {
        if let Some(record) = self.record.take() {
            let paused = std::mem::take(&mut self.uncounted);
            record.update(|counts| {
                counts.paused(paused);
                counts.ended(end);
            });
        }
    }

    /// Spends the reserved tokens. Returns what the attempt shows to the code inside it, if it is
    /// not the first.
    #[cold]
    pub(super) fn begin_attempt(&mut self, nested: NestedMode) -> Option<AttemptMark> {
        self.pause_ended();
        let reserved = self.reserved.take();
        self.is_paid = reserved.is_some();
        if let Some(reserved) = reserved {
            reserved.spend();
        }
        let hides = nested == NestedMode::Allow;
        (self.retries > 0).then(|| AttemptMark {
            number: attempt_number(Some(self)),
            nesting: if hides { Nesting::Alone } else { Nesting::InRetry },
        })
    }

    /// Spends the reserved tokens, and marks an attempt that is not async for the code inside it.
    #[cold]
    pub(super) fn mark(&mut self, nested: NestedMode) -> Option<Entered> {
        let mark = self.begin_attempt(nested);
        mark.is_some().then(|| enter(mark, None))
    }

    #[cold]
    pub(super) fn succeeded(&mut self, plan: Plan<'_>) {
        self.hook.succeeded();
        self.count_end(if self.failed > 0 { CallEnd::Recovered } else { CallEnd::Waited });
        if self.failed > 0 {
            telemetry::recovered(plan.retry_name(), attempt_number(Some(self)));
        }
        plan.pay_in(self.is_paid);
    }
}

/// A call that is dropped before its end was cancelled, or has panicked.
impl Drop for Progress {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let panics = std::thread::panicking();
        self.count_end(if panics { CallEnd::Panicked } else { CallEnd::Cancelled });
    }
}

/// Returns the number of the running attempt or of the last failed attempt, counted from 1.
pub(super) fn attempt_number(progress: Option<&Progress>) -> u32 {
    progress.map_or(1, |progress| progress.retries.saturating_add(1))
}
