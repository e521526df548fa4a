//! How every operation under the lock ends: publish the state word, unlock, wake waiting calls, and
//! deliver events.

use super::waiters::wake;
use super::{BreakerParts, GuardedState, LiveSettings, Published, SharedBreaker};
use crate::breaker::machine::{Machine, SuccessHandling};
use crate::event::EventKind;
use crate::platform::MutexGuard;
use crate::signal::{CircuitState, ManualChange, TransitionError};

impl SharedBreaker {
    // G2: clearing an override leaves a state that an operator has set by hand.
    /// Changes the state for an operator.
    pub(in crate::breaker) fn change_by_hand(
        &self,
        change: ManualChange,
    ) -> Result<(), TransitionError> {
        self.change(change, GuardedState::leave_mode)
    }

    /// Changes the state to the one in which an override lets new breakers start.
    pub(crate) fn follow_override(&self, change: ManualChange) {
        // No state refuses a mode or a closing.
        let _ = self.change(change, |_| ());
    }

    fn change(
        &self,
        change: ManualChange,
        then: impl FnOnce(&mut GuardedState),
    ) -> Result<(), TransitionError> {
        let parts = self.parts();
        let (mut guarded, now) = self.lock_now(parts);
        let result = guarded.machine.change_by_hand(change, now);
        if result.is_ok() {
            then(&mut guarded);
        }
        self.commit(parts, guarded);
        parts.count_closing();
        result
    }

    /// Applies settings and their mode to the running breaker, unless the breaker has newer
    /// settings already.
    pub(crate) fn reconfigure(&self, settings: LiveSettings) {
        let parts = self.parts();
        let (mut guarded, now) = self.lock_now(parts);
        if let Some(change) = guarded.reconfigure(settings, now) {
            if parts.subscribers.are_present() {
                guarded.queue(&parts.name, EventKind::SettingsChanged(change));
            }
        }
        parts.look_soon(&guarded);
        self.commit(parts, guarded);
        parts.count_closing();
    }

    /// Delivers events that are not transitions, after the events that already wait.
    pub(crate) fn notify(&self, kinds: Vec<EventKind>) {
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
            guarded.totals_at_start = self.totals(parts, &guarded);
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
