//! B19: counts the calls that may become overdue, and looks for overdue calls.

use std::time::Instant;

use super::thread_stripe::known_stripe;
use super::{BreakerParts, GuardedState, WatchedCalls};
use crate::breaker::machine::{Stamp, Ticket};

impl BreakerParts {
    /// Counts the start of a call that is admitted without the lock, in the ring of this stripe.
    /// Returns `None` in rare cases, for [`begin_call_slowly`](Self::begin_call_slowly).
    #[inline]
    pub(super) fn begin_call(&self, stripe: usize, generation: u64, now: u64) -> Option<Ticket> {
        let watched = self.watched.get().filter(|watched| !watched.is_due(now))?;
        watched.start(stripe, Ticket { generation, stamp: Stamp::of_nanos(now) })
    }

    /// Counts the start of a call that is admitted without the lock. Returns `None` if the lock is
    /// needed: calls may be overdue, or the start cannot be counted.
    pub(super) fn begin_call_slowly(&self, generation: u64, now: u64) -> Option<Ticket> {
        let watched = self.watched.get().filter(|watched| !watched.is_due(now))?;
        watched.start_anywhere(Ticket { generation, stamp: Stamp::of_nanos(now) })
    }

    /// Counts the end of a fast call without the lock, in the ring of this stripe. Returns `false`,
    /// and counts nothing, in rare cases.
    #[inline]
    pub(super) fn end_fast_call(&self, stripe: usize, ticket: Ticket, now: u64) -> bool {
        self.watched.get().is_some_and(|watched| watched.end_fast(stripe, ticket, now))
    }

    /// Counts the end of a fast call without the lock. Returns `false`, and counts nothing, if the
    /// lock is needed: the call is slow or not watched, or calls may be overdue.
    pub(super) fn end_call(&self, ticket: Ticket, now: u64) -> bool {
        let Some(watched) = self.watched.get() else { return false };
        watched.end_fast(known_stripe(), ticket, now) || watched.end_fast_anywhere(ticket, now)
    }

    /// Counts a call as no longer watched, without the lock. Returns `false`, and counts nothing,
    /// if the lock is needed.
    pub(super) fn end_watch(&self, ticket: Ticket) -> bool {
        self.watched.get().is_none_or(|watched| watched.end(ticket))
    }

    /// Counts the start of a call that was admitted under the lock, if the call is timed.
    pub(super) fn begin_call_locked(&self, guarded: &mut GuardedState, ticket: Ticket) -> Ticket {
        // If the time of a state set by hand was over, the admission has begun a new generation.
        self.watch_generation(guarded);
        match (self.watched.get(), &mut guarded.watch) {
            (Some(watched), Some(watch)) if guarded.machine.times_calls() => {
                watched.start_locked(ticket, watch, Stamp::begun(ticket.stamp))
            }
            _ => ticket,
        }
    }

    /// Counts the end of a call under the lock.
    pub(super) fn end_call_locked(&self, guarded: &mut GuardedState, ticket: Ticket, now: Instant) {
        if let (Some(watched), Some(watch)) = (self.watched.get(), &mut guarded.watch) {
            watched.end_locked(ticket, watch, self.clock.nanos_of(now));
        }
    }

    /// Passes the number of overdue calls to the state machine, if the number may have changed.
    /// Call this under the lock, at each admission and report.
    pub(super) fn look_for_overdue(&self, guarded: &mut GuardedState, now: Instant) {
        let GuardedState { machine, watch, .. } = guarded;
        let (Some(watched), Some(watch)) = (self.watched.get(), watch) else { return };
        let nanos = self.clock.nanos_of(now);
        if machine.recorded_overdue() > 0 || watched.is_due(nanos) {
            machine.set_overdue(watched.overdue(watch, nanos));
            let change = machine.overdue_calls_count_more_at(now);
            let change = change.map_or(u64::MAX, |change| self.clock.nanos_of(change));
            watched.set_next_look(watch, nanos, change);
        }
    }

    /// Makes the next admission or report look for overdue calls, because with new settings the
    /// overdue calls may meet their condition.
    pub(super) fn look_soon(&self, guarded: &GuardedState) {
        let GuardedState { machine, watch, .. } = guarded;
        if let (Some(watched), Some(watch)) = (self.watched.get(), watch) {
            if machine.recorded_overdue() > 0 {
                watched.set_next_look(watch, 0, 0);
            }
        }
    }

    /// Returns how many calls or probes are overdue now. Changes nothing. Call this under the lock.
    pub(super) fn overdue(&self, guarded: &GuardedState, now: Instant) -> u64 {
        let GuardedState { machine, watch, .. } = guarded;
        match (self.watched.get(), watch) {
            (Some(watched), Some(watch)) if machine.times_calls() => {
                watched.overdue(watch, self.clock.nanos_of(now))
            }
            _ => machine.overdue_probes(now) as u64,
        }
    }

    /// Clears the counts if a new generation has begun, and begins a new watch if `slow_call` has
    /// changed. (A watch counts the calls under one value of `slow_call`.) Call this under the
    /// lock, before the state word is published.
    #[inline]
    pub(super) fn watch_generation(&self, guarded: &mut GuardedState) {
        if guarded.watch.is_some() || guarded.machine.config().slow_call.is_some() {
            self.watch_if_new(guarded);
        }
    }

    fn watch_if_new(&self, guarded: &mut GuardedState) {
        let (generation, setting) =
            (guarded.machine.generation(), guarded.machine.config().slow_call);
        let now = self.clock.nanos_of(guarded.latest);
        let watch = guarded.watch.get_or_insert_default();
        if !watch.is_of(generation, setting) {
            let watched = self.watched.get_or_init(|| Box::new(WatchedCalls::new()));
            watched.begin(watch, generation, setting, now);
        }
    }
}
