//! The end of a call. If the end decides nothing, it is counted without the lock; otherwise it is
//! reported to the state machine.

use std::time::{Duration, Instant};

use super::{BreakerParts, Deferred, GuardedState, Kind, SharedBreaker};
use crate::breaker::machine::{Counted, Ending, SuccessHandling, Ticket};
use crate::platform::MutexGuard;
use crate::signal::{CallCounts, CircuitState, Outcome};

impl SharedBreaker {
    /// Counts a success if it changes only the count. Otherwise counts nothing and returns `false`.
    /// This costs a load, and an addition to a count that no other thread writes.
    #[inline]
    pub(in crate::breaker) fn count_clean_success(&self, ticket: Ticket) -> bool {
        let clean = self.word.is_clean(ticket.generation);
        if clean {
            self.counters.add_clean();
        }
        clean
    }

    /// Counts a success that may be slow or late, that may end a streak, or that a window must
    /// record.
    #[inline(never)]
    pub(in crate::breaker) fn report_success(&self, ticket: Ticket) {
        if self.word.is_pending(ticket.generation) {
            match self.counters.defer(ticket.generation, u64::MAX) {
                Deferred::One => return,
                Deferred::Many => return self.commit_deferred(),
                Deferred::Refused => {}
            }
        }
        self.report_other_success(ticket);
    }

    /// Counts or reports a success, and reads the clock only if the time matters. This is a
    /// separate function, so that a success that needs no clock needs no stack for the reading.
    #[inline(never)]
    fn report_other_success(&self, mut ticket: Ticket) {
        let parts = self.parts();
        let needs_time = self.word.read().needs_time();
        let now = if needs_time { parts.clock.nanos() } else { None };
        // The word is read again after the clock, so that no register holds it while the clock
        // runs.
        let word = self.word.read();
        let successes = word.successes();
        if word.decides(ticket.admitted_in()) {
            let bucket = match successes {
                SuccessHandling::PendingInBucket => parts.mirror.bucket(),
                _ => u64::MAX,
            };
            let is_known = match now {
                Some(now) => now < bucket && (!word.is_timed() || parts.end_fast_call(ticket, now)),
                None => !word.needs_time(),
            };
            if is_known && successes == SuccessHandling::Clean {
                return self.counters.add_clean();
            }
            if is_known {
                match self.counters.defer(ticket.admitted_in(), bucket) {
                    Deferred::One => return,
                    Deferred::Many => return self.commit_deferred(),
                    Deferred::Refused => ticket = ticket.unwatched(),
                }
            }
        } else if word.kind() == Kind::In(CircuitState::Disabled) {
            return self.end_while_disabled(ticket);
        }
        let now = now.and_then(|now| parts.clock.instant_of(now));
        self.report_locked(ticket, Ending::Reported(Outcome::Success), None, now);
    }

    #[cold]
    fn commit_deferred(&self) {
        let parts = self.parts();
        self.commit_counts(parts, self.lock(parts));
    }

    #[cold]
    pub(in crate::breaker) fn report_outcome(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        retry_after: Option<Duration>,
    ) {
        self.report(ticket, Ending::Reported(outcome), retry_after);
    }

    pub(in crate::breaker) fn report(
        &self,
        ticket: Ticket,
        ending: Ending,
        retry_after: Option<Duration>,
    ) {
        if self.word.read().kind() == Kind::In(CircuitState::Disabled) {
            return self.end_while_disabled(ticket);
        }
        // If the user's clock panics, its last reading is used. The clock is read at each report,
        // so that the last reading is recent.
        let parts = self.parts();
        let now = parts.clock.is_given().then(|| parts.clock.now()).flatten();
        self.report_locked(ticket, ending, retry_after, now);
    }

    /// Removes a probe from the probes that run on this thread, so that later calls on this thread
    /// are not nested in it. [`Permit::acquire`](crate::breaker::Permit::acquire) may have added
    /// it.
    fn end_probe(&self, ticket: Ticket) {
        if ticket.is_probe() {
            self.leave_probe(ticket);
        }
    }

    /// Reports under the lock. If `now` is absent, reads the clock only if the state machine needs
    /// the time.
    fn report_locked(
        &self,
        ticket: Ticket,
        ending: Ending,
        retry_after: Option<Duration>,
        now: Option<Instant>,
    ) {
        // B18: only the outcome of the probe decides. A nested call reports nothing.
        if ticket.is_nested() {
            return;
        }
        self.end_probe(ticket);
        if now.is_some() {
            self.report_timed(ticket, ending, retry_after, now);
        } else if !self.report_untimed(ticket, ending) {
            self.report_timed(ticket, ending, retry_after, self.parts().clock.now());
        }
    }

    /// Reports without the time. If the state machine needs the time, does nothing and returns
    /// `false`.
    fn report_untimed(&self, ticket: Ticket, ending: Ending) -> bool {
        let parts = self.parts();
        let mut guarded = self.lock(parts);
        let Some(counted) = guarded.machine.report_untimed(ticket, ending) else {
            return false;
        };
        self.count_end(ticket, counted, &mut guarded.totals);
        // If successes could be deferred before this report, and rates are trusted, successes can
        // still be deferred. The state word then stays as it is, and nothing is committed.
        let is_as_before = !matches!(counted, Counted::Success { .. })
            && guarded.machine.trusts_rates()
            && self.word.read().successes().is_deferrable();
        if !is_as_before {
            self.commit_counts(parts, guarded);
        }
        true
    }

    #[inline(never)]
    fn report_timed(
        &self,
        ticket: Ticket,
        ending: Ending,
        retry_after: Option<Duration>,
        now: Option<Instant>,
    ) {
        let parts = self.parts();
        let mut guarded = self.lock(parts);
        guarded.record_time(now);
        let now = guarded.latest;
        // B19: the call itself is no longer overdue, but others may be.
        parts.end_call_locked(&mut guarded, ticket, now);
        parts.look_for_overdue(&mut guarded, now);
        let counted = guarded.machine.report(ticket, ending, retry_after, now);
        self.count_end(ticket, counted, &mut guarded.totals);
        if matches!(counted, Counted::Success { .. }) {
            let (successes, bucket) = guarded.machine.successes();
            self.let_defer(&mut guarded, successes, bucket);
        }
        self.commit(parts, guarded);
    }

    // B19: the end of each call is counted once, in a total or as unrecorded.
    fn count_end(&self, ticket: Ticket, counted: Counted, totals: &mut CallCounts) {
        counted.add_to(totals);
        if counted == Counted::Nowhere {
            self.end_unrecorded(ticket);
        } else if !ticket.is_counted() {
            // The breaker was disabled when the call began, so the start was not counted. The end
            // is now in a total, so the start is counted as well.
            self.counters.add_start();
        }
    }

    #[cold]
    fn end_while_disabled(&self, ticket: Ticket) {
        self.end_probe(ticket);
        self.end_unrecorded(ticket);
    }

    /// Counts the end of a call that is in no total.
    fn end_unrecorded(&self, ticket: Ticket) {
        if ticket.is_counted() {
            self.counters.add_unrecorded();
        }
    }

    /// Commits an operation that changed only the counts of the present state.
    fn commit_counts(&self, parts: &BreakerParts, mut guarded: MutexGuard<'_, GuardedState>) {
        let (successes, bucket) = guarded.machine.successes();
        parts.mirror.set_bucket(bucket);
        self.let_defer(&mut guarded, successes, bucket);
        self.word.set_successes(successes);
    }

    /// Allows this thread to defer its next successes, if `successes` permits it.
    fn let_defer(&self, guarded: &mut GuardedState, successes: SuccessHandling, bucket: u64) {
        if successes.is_deferrable() {
            let generation = guarded.machine.generation();
            if let Some(stripe) = self.counters.let_defer(generation, bucket) {
                guarded.mark_pending(stripe);
            }
        }
    }
}
