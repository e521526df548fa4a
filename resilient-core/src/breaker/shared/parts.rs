//! The parts of a breaker that exist only after its setup: name, clock, state machine and
//! listeners.

use std::sync::atomic::Ordering::Release;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::{GuardedState, Mirror, OtherRejections, Setup, StampClock, Subscribers, WatchedCalls};
use crate::breaker::machine::Machine;
use crate::platform::{AtomicU64, Mutex, MutexGuard, unpoisoned};
use crate::signal::{CircuitOpen, CircuitState, Name, Wait};
use crate::time::ClockReading;

#[derive(Debug)]
pub(super) struct BreakerParts {
    pub(super) name: Name,
    pub(super) clock: StampClock,
    pub(super) mirror: Mirror,
    /// `None` until `slow_call` is set.
    pub(super) watched: OnceLock<Box<WatchedCalls>>,
    pub(super) subscribers: Subscribers,
    pub(super) other_rejections: OtherRejections,
    guarded: Mutex<GuardedState>,
    closings: Option<Arc<AtomicU64>>,
}

impl BreakerParts {
    pub(super) fn new(setup: Setup) -> Self {
        let ClockReading { clock, now } = setup.clock;
        let machine = Machine::new(Arc::clone(&setup.settings.config), now);
        let epoch = machine.epoch();
        let guarded = GuardedState::new(machine, &setup.settings, setup.start_in, now);
        Self {
            name: setup.name,
            clock: StampClock::new(clock, epoch),
            mirror: Mirror::new(),
            watched: OnceLock::new(),
            subscribers: Subscribers::default(),
            other_rejections: OtherRejections::new(),
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

    /// Returns how long the present state lasts: see [`Mirror::time_left`].
    #[inline]
    pub(super) fn time_left(&self) -> Option<Wait> {
        self.mirror.time_left(|| self.clock.nanos())
    }

    /// Copies the values that calls read without the lock. Call this under the lock.
    pub(super) fn mirror(&self, machine: &Machine, bucket: u64) {
        self.mirror.set_bucket(bucket);
        self.mirror.set_remembers_errors(machine.config().remember_errors);
        if let Some((since, until)) = machine.period() {
            let until = until.map(|until| self.clock.nanos_of(until));
            self.mirror.set_period(self.clock.nanos_of(since), until);
        }
    }

    /// Counts a closing, or a change by hand, which can change when the breaker closes by itself.
    pub(super) fn count_closing(&self) {
        if let Some(closings) = &self.closings {
            // `Release` publishes the state word with the count: a thread that reads the new count
            // also finds the breaker closed.
            closings.fetch_add(1, Release);
        }
    }

    pub(super) fn circuit_open(&self, state: CircuitState, retry_after: Wait) -> CircuitOpen {
        CircuitOpen::new(self.name.clone(), state, retry_after)
    }
}
