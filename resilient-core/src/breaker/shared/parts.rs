//! The parts of a breaker that exist only after its setup: name, clock, state machine and
//! listeners.

use std::sync::Arc;
use std::sync::atomic::Ordering::Release;
use std::time::Instant;

use super::{GuardedState, Mirror, OverdueCalls, Setup, StampClock, Subscribers};
use crate::breaker::machine::{Machine, Stamp, Ticket};
use crate::platform::{AtomicU64, Mutex, MutexGuard, unpoisoned};
use crate::signal::{CircuitOpen, CircuitState, Name, Wait};
use crate::time::ClockReading;

#[derive(Debug)]
pub(super) struct BreakerParts {
    pub(super) name: Name,
    pub(super) clock: StampClock,
    pub(super) mirror: Mirror,
    pub(super) overdue: OverdueCalls,
    pub(super) subscribers: Subscribers,
    guarded: Mutex<GuardedState>,
    closings: Option<Arc<AtomicU64>>,
}

impl BreakerParts {
    pub(super) fn new(setup: Setup) -> Self {
        let ClockReading { clock, now } = setup.clock;
        let machine = Machine::new(Arc::clone(&setup.settings.config), now);
        let guarded = GuardedState::new(machine, &setup.settings, setup.start_in, now);
        Self {
            name: setup.name,
            clock: StampClock::new(clock, now),
            mirror: Mirror::new(),
            overdue: OverdueCalls::new(),
            subscribers: Subscribers::default(),
            guarded: Mutex::new(guarded),
            closings: setup.closings,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, GuardedState> {
        unpoisoned(self.guarded.lock())
    }

    /// Locks for a query, and returns the time. The clock is read before the lock is taken, because
    /// it may be the user's code.
    pub(super) fn lock_for_query(&self) -> (MutexGuard<'_, GuardedState>, Instant) {
        let now = self.clock.now();
        let guarded = self.lock();
        let now = now.unwrap_or(guarded.latest);
        (guarded, now)
    }

    // B19: calls that have become overdue are noticed at the next admission or report.
    /// Tells the state machine how many calls are overdue. Call this under the lock.
    pub(super) fn look_for_overdue(&self, guarded: &mut GuardedState, now: Instant) {
        let GuardedState { machine, watch, .. } = guarded;
        if machine.config().slow_call.is_none() {
            return;
        }
        let nanos = self.clock.nanos_of(now);
        if machine.recorded_overdue() > 0 || self.overdue.is_due(nanos) {
            machine.set_overdue(self.overdue.count(watch, nanos));
            let change = machine.overdue_calls_count_more_at(now);
            let change = change.map_or(u64::MAX, |change| self.clock.nanos_of(change));
            self.overdue.set_next_look(watch, nanos, change);
        }
    }

    /// Returns how many calls or probes are overdue now. Changes nothing. Call this under the lock.
    pub(super) fn overdue_now(&self, guarded: &GuardedState, now: Instant) -> u64 {
        let GuardedState { machine, watch, .. } = guarded;
        if machine.times_calls() {
            self.overdue.count(watch, self.clock.nanos_of(now))
        } else {
            machine.overdue_probes(now) as u64
        }
    }

    /// Watches a call that was admitted under the lock, if its time matters.
    pub(super) fn watch_locked(&self, guarded: &mut GuardedState, ticket: Ticket) -> Ticket {
        if !guarded.machine.times_calls() {
            return ticket;
        }
        let now = Stamp::begun(ticket.stamp);
        self.overdue.start_locked(ticket, &mut guarded.watch, now)
    }

    /// Counts the end of a fast call without the lock. Returns `false`, and counts nothing, if the
    /// lock is needed.
    #[inline]
    pub(super) fn end_watch(&self, ticket: Ticket, now: Option<u64>) -> bool {
        !now.is_some_and(|now| self.overdue.is_due(now)) && self.overdue.end(ticket)
    }

    /// Counts the end of a call, and looks for other calls that are overdue. Call this under the
    /// lock.
    pub(super) fn end_watch_locked(
        &self,
        guarded: &mut GuardedState,
        ticket: Ticket,
        now: Instant,
    ) {
        if guarded.machine.config().slow_call.is_some() {
            self.overdue.end_locked(ticket, &mut guarded.watch, self.clock.nanos_of(now));
            self.look_for_overdue(guarded, now);
        }
    }

    /// Begins a new watch if the generation or the setting has changed. Call this under the lock,
    /// before the state word is published.
    pub(super) fn begin_watch_if_new(&self, guarded: &mut GuardedState) {
        let GuardedState { machine, watch, latest, .. } = guarded;
        let (generation, slow_call) = (machine.generation(), machine.config().slow_call);
        if !watch.is_of(generation, slow_call) {
            self.overdue.begin(watch, generation, slow_call, self.clock.nanos_of(*latest));
        }
    }

    pub(super) fn time_left(&self) -> Option<Wait> {
        self.mirror.time_left(self.clock.nanos()?)
    }

    /// Copies the values that calls read without the lock. Call this under the lock.
    pub(super) fn mirror(&self, machine: &Machine, bucket: u64) {
        self.mirror.set_slow_call(machine.config().slow_call);
        self.mirror.set_bucket(bucket);
        if let Some((since, until)) = machine.opening() {
            let until = until.map(|until| self.clock.nanos_of(until));
            self.mirror.set_open(self.clock.nanos_of(since), until);
        }
    }

    pub(super) fn count_closing(&self) {
        if let Some(closings) = &self.closings {
            // The count is published together with the word: a thread that reads the new count also
            // finds the breaker closed.
            closings.fetch_add(1, Release);
        }
    }

    pub(super) fn circuit_open(&self, state: CircuitState, retry_after: Wait) -> CircuitOpen {
        CircuitOpen::new(self.name.clone(), state, retry_after)
    }
}
