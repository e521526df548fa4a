//! The end of a call. If the end decides nothing, it is counted without the lock; otherwise it is
//! reported to the state machine.

use std::fmt::Display;
use std::time::Instant;

use super::thread_stripe::known_stripe;
use super::{BreakerParts, Deferred, GuardedState, Kind, SharedBreaker};
use crate::breaker::machine::{CallEnd, Counted, Ending, SuccessHandling, Ticket};
use crate::platform::MutexGuard;
use crate::signal::{CallCounts, CircuitState, Classification, ErrorText, Outcome};

impl SharedBreaker {
    /// Counts a success if it changes only the count. Otherwise counts nothing and returns `false`.
    /// This costs a load, and an addition to a count that no other thread writes.
    #[inline]
    pub(in crate::breaker) fn count_clean_success(&self, ticket: Ticket) -> bool {
        let clean = self.word.is_clean(ticket.generation);
        if clean {
            self.counters.add_clean(known_stripe());
        }
        clean
    }

    /// Counts a success, or reports it if it changes more than the count.
    #[inline]
    pub(in crate::breaker) fn report_clean_success(&self, ticket: Ticket) {
        if !self.count_clean_success(ticket) {
            self.report_success(ticket);
        }
    }

    /// Counts a success that may be slow or late, that may end a streak, or that a window must
    /// record.
    #[inline(never)]
    pub(in crate::breaker) fn report_success(&self, ticket: Ticket) {
        let word = self.word.read();
        if word.is_pending(ticket.generation) {
            self.defer_success(ticket, u64::MAX, None);
        } else if word.is_timed() {
            self.report_timed_success(ticket);
        } else {
            self.report_other_success(ticket);
        }
    }

    /// Counts or reports a success, and reads the clock only if the time matters. This is a
    /// separate function, so that a success that needs no clock needs no stack for the reading.
    #[inline(never)]
    fn report_timed_success(&self, ticket: Ticket) {
        let parts = self.parts();
        let Some(now) = parts.clock.nanos() else {
            return self.report_success_at(ticket, None);
        };
        // The word is read again after the clock, so that no register holds the word meanwhile.
        let word = self.word.read();
        if !word.decides_timed(ticket.admitted_in()) {
            return self.report_success_at(ticket, Some(now));
        }
        let stripe = known_stripe();
        if !parts.end_fast_call(stripe, ticket, now) {
            self.report_success_at(ticket, Some(now));
        } else if word.successes() == SuccessHandling::Clean {
            self.counters.add_clean(stripe);
        } else {
            self.defer_success(ticket, u64::MAX, Some(now));
        }
    }

    /// Counts the success of a call that is not timed, and reads the clock only if the time
    /// matters.
    #[inline(never)]
    fn report_other_success(&self, ticket: Ticket) {
        let parts = self.parts();
        let needs_time = self.word.read().needs_time();
        let now = if needs_time { parts.clock.nanos() } else { None };
        // The word is read again after the clock, so that no register holds it while the clock
        // runs.
        let word = self.word.read();
        if word.decides(ticket.admitted_in()) && !word.is_timed() {
            match word.successes() {
                SuccessHandling::Clean => return self.counters.add_clean(known_stripe()),
                SuccessHandling::PendingInBucket => {
                    let bucket = parts.mirror.bucket();
                    if now.is_some_and(|now| now < bucket) {
                        return self.defer_success(ticket, bucket, now);
                    }
                }
                _ => return self.defer_success(ticket, u64::MAX, now),
            }
        }
        self.report_success_at(ticket, now);
    }

    /// Counts or reports a success of this time, if the faster functions above could not count it.
    /// The time is absent if the clock has panicked, or was not needed.
    #[inline(never)]
    fn report_success_at(&self, ticket: Ticket, now: Option<u64>) {
        let parts = self.parts();
        let word = self.word.read();
        if word.kind() == Kind::In(CircuitState::Disabled) {
            return self.end_while_disabled(ticket);
        }
        if let Some(now) = now.filter(|_| word.is_timed() && word.decides(ticket.admitted_in())) {
            let successes = word.successes();
            let bucket = match successes {
                SuccessHandling::PendingInBucket => parts.mirror.bucket(),
                _ => u64::MAX,
            };
            if now < bucket && parts.end_call(ticket, now) {
                return match successes {
                    SuccessHandling::Clean => self.counters.add_clean(known_stripe()),
                    _ => self.defer_success(ticket, bucket, Some(now)),
                };
            }
        }
        self.report_success_locked(ticket, now);
    }

    /// Defers a success whose watch has ended, or reports it if this thread may not defer it.
    #[inline]
    fn defer_success(&self, ticket: Ticket, bucket: u64, now: Option<u64>) {
        match self.counters.defer(known_stripe(), ticket.admitted_in(), bucket) {
            Deferred::One => {}
            Deferred::Many => self.commit_deferred(),
            Deferred::Refused => self.report_success_locked(ticket.unwatched(), now),
        }
    }

    #[inline(never)]
    fn report_success_locked(&self, ticket: Ticket, now: Option<u64>) {
        let now = now.and_then(|now| self.parts().clock.instant_of(now));
        self.report_locked(ticket, &CallEnd::SUCCESS, now);
    }

    #[cold]
    fn commit_deferred(&self) {
        let parts = self.parts();
        self.commit_counts(parts, self.lock(parts));
    }

    // B20: a text is made only if the breaker remembers it, and without the lock, because the
    // `Display` of an error is user code.
    /// Reports the class of an output. `error` describes the error if the class does not.
    #[cold]
    #[inline(never)]
    pub(in crate::breaker) fn report_class(
        &self,
        ticket: Ticket,
        class: &Classification,
        error: Option<&dyn Display>,
    ) {
        let is_remembered = class.health == Outcome::Failure
            && self.word.read().kind() != Kind::In(CircuitState::Disabled)
            && self.parts().mirror.remembers_errors();
        let text =
            is_remembered.then(|| class.text().copied().or_else(|| error.map(ErrorText::of)));
        self.report(
            ticket,
            &CallEnd {
                ending: Ending::Reported(class.health),
                retry_after: class.retry_after,
                text: text.flatten(),
            },
        );
    }

    #[cold]
    pub(in crate::breaker) fn report(&self, ticket: Ticket, end: &CallEnd) {
        if self.word.read().kind() == Kind::In(CircuitState::Disabled) {
            return self.end_while_disabled(ticket);
        }
        // If the user's clock panics, its last reading is used. The clock is read at each report,
        // so that the last reading is recent.
        let parts = self.parts();
        let now = parts.clock.is_given().then(|| parts.clock.now()).flatten();
        self.report_locked(ticket, end, now);
    }

    /// Removes a probe from the probes that run on this thread, so that later calls on this thread
    /// are not nested in it. [`Permit::acquire`](crate::breaker::Permit::acquire) may have added
    /// it.
    fn end_probe(&self, ticket: Ticket) {
        if ticket.is_probe() {
            self.leave_probe(ticket);
        }
    }

    /// Reports under the lock. If `now` is absent, reads the clock only if the machine asks for the
    /// time.
    #[inline]
    fn report_locked(&self, ticket: Ticket, end: &CallEnd, now: Option<Instant>) {
        // B18: only the outcome of the probe decides. A nested call reports nothing.
        if ticket.is_nested() {
            return;
        }
        self.end_probe(ticket);
        if now.is_some() {
            self.report_timed(ticket, end, now);
        } else if !self.report_untimed(ticket, end) {
            self.report_timed(ticket, end, self.parts().clock.now());
        }
    }

    /// Reports without the time. If the state machine needs the time, does nothing and returns
    /// `false`. The library's clock is read under the lock, and only for a failure: the breaker
    /// remembers when it happened.
    fn report_untimed(&self, ticket: Ticket, end: &CallEnd) -> bool {
        let parts = self.parts();
        let mut guarded = self.lock(parts);
        let Some(counted) = guarded.machine.report_untimed(ticket, end.ending) else {
            return false;
        };
        if matches!(counted, Counted::Failure { .. }) {
            guarded.record_time(parts.clock.now());
            let now = guarded.latest;
            guarded.machine.remember(now, None, end.text);
        }
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
    fn report_timed(&self, ticket: Ticket, end: &CallEnd, now: Option<Instant>) {
        let parts = self.parts();
        let mut guarded = self.lock(parts);
        guarded.record_time(now);
        let now = guarded.latest;
        // B19: the call itself is no longer overdue, but others may be.
        parts.end_call_locked(&mut guarded, ticket, now);
        parts.look_for_overdue(&mut guarded, now);
        let counted = guarded.machine.report(ticket, end, now);
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
            // The call began while the breaker was disabled, and ends in a total.
            self.counters.add_start(known_stripe());
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
