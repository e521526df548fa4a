//! The end of a call: counted without the lock where it decides nothing, else told to the state machine.

use std::time::{Duration, Instant};

use super::Core;
use super::guarded::Locked;
use super::setup::Rest;
use crate::breaker::machine::{Counted, Ending, Successes, Ticket};
use crate::breaker::shared::state_word::Kind;
use crate::breaker::shared::striped_counters::Left;
use crate::platform::MutexGuard;
use crate::seeded::{Bug, seeded};
use crate::signal::CircuitState;
use crate::signal::Outcome;

impl Core {
    /// Counts a success that changes nothing else: a load, and a count that no other thread writes. `false` if there is
    /// more to it.
    #[inline]
    pub(crate) fn count_clean_success(&self, ticket: Ticket) -> bool {
        let clean = self.word.is_clean(ticket.generation);
        if clean {
            self.slots.add_clean();
        }
        clean
    }

    /// Counts a success that may be slow, late, or the end of a streak; or that a window must learn of, which may be later.
    #[inline(never)]
    pub(crate) fn report_success(&self, ticket: Ticket) {
        if self.word.is_pending(ticket.generation) {
            match self.slots.add_pending(ticket.generation, u64::MAX) {
                Left::One => return,
                Left::Many => return self.look_at_what_was_left(),
                Left::Not => {}
            }
        }
        self.report_other_success(ticket);
    }

    /// The clock is read only where it says something. Apart, so that what needs no clock needs no room for this.
    #[inline(never)]
    fn report_other_success(&self, ticket: Ticket) {
        let rest = self.rest();
        let needs_time = self.word.read().needs_time();
        let now = if needs_time { rest.nanos() } else { None };
        // Read after the clock, so that nothing need be remembered meanwhile.
        let word = self.word.read();
        let successes = word.successes();
        if word.decides(ticket.generation) {
            let bucket = match successes {
                Successes::PendingInBucket => rest.bucket(),
                _ => u64::MAX,
            };
            let is_known = match now {
                Some(now) => now < bucket && (!word.is_timed() || rest.is_fast(ticket, now)),
                None => !word.needs_time(),
            };
            if is_known && successes == Successes::Clean {
                return self.slots.add_clean();
            }
            if is_known {
                match self.slots.add_pending(ticket.generation, bucket) {
                    Left::One => return,
                    Left::Many => return self.look_at_what_was_left(),
                    Left::Not => {}
                }
            }
        } else if word.kind() == Kind::In(CircuitState::Disabled) {
            return;
        }
        let now = now.and_then(|now| rest.instant_of(now));
        self.report_locked(ticket, Ending::Reported(Outcome::Success), None, now);
    }

    #[cold]
    fn look_at_what_was_left(&self) {
        let rest = self.rest();
        self.settle_unmoved(rest, self.lock(rest));
    }

    #[cold]
    pub(crate) fn report_outcome(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        retry_after: Option<Duration>,
    ) {
        self.report(ticket, Ending::Reported(outcome), retry_after);
    }

    pub(crate) fn report(&self, ticket: Ticket, ending: Ending, retry_after: Option<Duration>) {
        if self.word.read().kind() == Kind::In(CircuitState::Disabled) {
            return;
        }
        // A given clock may fail when it is needed: what it said last should not be long ago.
        let rest = self.rest();
        let now = rest.has_given_clock().then(|| rest.now()).flatten();
        self.report_locked(ticket, ending, retry_after, now);
    }

    /// Reads the clock, if that was not done before, only where the machine asks for it.
    fn report_locked(
        &self,
        ticket: Ticket,
        ending: Ending,
        retry_after: Option<Duration>,
        now: Option<Instant>,
    ) {
        if now.is_some() {
            self.report_timed(ticket, ending, retry_after, now);
        } else if !self.report_untimed(ticket, ending) {
            self.report_timed(ticket, ending, retry_after, self.rest().now());
        }
    }

    /// `false` if the machine asks for the time, and then nothing was done.
    fn report_untimed(&self, ticket: Ticket, ending: Ending) -> bool {
        let rest = self.rest();
        let mut locked = self.lock(rest);
        let Some(counted) = locked.machine.report_untimed(ticket, ending) else {
            return false;
        };
        locked.totals.count(counted);
        // Once rates are trusted, a failure that opens nothing changes nothing for successes that can be left.
        let is_as_before = !matches!(counted, Counted::Success { .. })
            && locked.machine.trusts_rates()
            && self.word.read().successes().can_be_left();
        if !is_as_before {
            self.settle_unmoved(rest, locked);
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
        let rest = self.rest();
        let mut locked = self.lock(rest);
        locked.take_note_of(now);
        let now = locked.latest;
        let counted = locked.machine.report(ticket, ending, retry_after, now);
        locked.totals.count(counted);
        if matches!(counted, Counted::Success { .. }) {
            let (successes, bucket) = locked.machine.successes();
            self.let_pend(&mut locked, successes, bucket);
        }
        self.settle(rest, locked);
    }

    /// Ends a report that moved nothing but what is remembered of the present state.
    fn settle_unmoved(&self, rest: &Rest, mut locked: MutexGuard<'_, Locked>) {
        if seeded(Bug::WordWrittenOnTransitionsOnly) {
            return;
        }
        let (successes, bucket) = locked.machine.successes();
        rest.set_bucket(bucket);
        self.let_pend(&mut locked, successes, bucket);
        if seeded(Bug::WordWrittenUnlocked) {
            drop(locked);
        }
        self.word.set_successes(successes);
    }

    /// Lets this thread leave its next successes for later, if they can be left.
    fn let_pend(&self, locked: &mut Locked, successes: Successes, bucket: u64) {
        if successes.can_be_left() {
            let generation = locked.machine.generation();
            if let Some(slot) = self.slots.let_pend(generation, bucket) {
                locked.look_into(slot);
            }
        }
    }
}
