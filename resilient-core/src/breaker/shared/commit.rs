//! How every operation under the lock ends: publish the state word, unlock, wake waiting calls, and
//! deliver events.

use std::time::Instant;

use super::waiters::wake;
use super::{BreakerParts, GuardedState, LiveSettings, Published, SharedBreaker};
use crate::breaker::machine::{Machine, SuccessHandling};
use crate::event::EventKind;
use crate::platform::MutexGuard;
use crate::signal::CircuitState;

impl SharedBreaker {
    pub(in crate::breaker) fn operate<R>(
        &self,
        command: impl FnOnce(&mut Machine, Instant) -> R,
    ) -> R {
        let parts = self.parts();
        let (mut guarded, now) = self.lock_now(parts);
        let result = command(&mut guarded.machine, now);
        self.commit(parts, guarded);
        result
    }

    /// Applies settings and their mode to the running breaker, unless the breaker has newer
    /// settings already.
    pub(crate) fn reconfigure(&self, settings: LiveSettings) {
        let parts = self.parts();
        let (mut guarded, now) = self.lock_now(parts);
        if guarded.reconfigure(settings, now) && parts.subscribers.are_present() {
            guarded.queue(&parts.name, EventKind::SettingsChanged);
        }
        parts.look_soon(&guarded);
        self.commit(parts, guarded);
    }

    /// Delivers events that are not transitions, after the events that already wait.
    pub(crate) fn notify(&self, kinds: Vec<EventKind>) {
        parts.count_closing();
        let parts = self.parts();
        let mut guarded = parts.lock();
        if parts.subscribers.are_present() {
            for kind in kinds {
                guarded.queue(&parts.name, kind);
            }
        }
        self.commit(parts, guarded);
    }

    /// Publishes the machine's state in the state word. Returns whether a new generation began.
    pub(super) fn publish(&self, parts: &BreakerParts, guarded: &mut GuardedState) -> bool {
        parts.watch_generation(guarded);
        parts.count_closing();
        let machine = &guarded.machine;
        let (successes, bucket) = machine.successes();
        parts.mirror(machine, bucket);
        self.word.set(published(machine, successes))
    }

    /// Ends an operation: publishes the state word, releases the lock, wakes waiting calls, then
    /// delivers events.
    pub(super) fn commit<'a>(
        &self,
        parts: &'a BreakerParts,
        mut guarded: MutexGuard<'a, GuardedState>,
    ) {
        if self.publish(parts, &mut guarded) {
            guarded.totals_at_start = self.totals(&guarded);
            if guarded.machine.entered() == CircuitState::Closed {
                parts.count_closing();
            }
        }
        if guarded.machine.has_news() {
            guarded.queue_news(&parts.name, parts.subscribers.are_present());
        }
        let called = guarded.call_waiters();
        // B14: one thread at a time delivers the events, in order and without the lock.
        let delivers = !guarded.events.is_empty() && !guarded.delivering;
        if !delivers {
            drop(guarded);
            return wake(&called);
        }
        guarded.delivering = true;
        if !called.is_empty() {
            drop(guarded);
            wake(&called);
            guarded = parts.lock();
        }
        while let Some(event) = guarded.events.pop() {
            drop(guarded);
            parts.subscribers.deliver(&event, || self.snapshot());
            guarded = parts.lock();
        }
        guarded.delivering = false;
    }
}

fn published(machine: &Machine, successes: SuccessHandling) -> Published {
    Published {
        state: machine.entered(),
        generation: machine.generation(),
        successes,
        is_timed: machine.times_calls(),
    }
}
