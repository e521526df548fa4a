//! The data under the lock: the state machine, the totals, and the events that wait for delivery.

use std::sync::Arc;
use std::time::Instant;

use super::{LiveSettings, PendingSuccesses, StartIn, StripedCounters, Waiter, Waiters, Watch};
use crate::breaker::machine::Machine;
use crate::event::{Event, EventKind, EventQueue};
use crate::signal::{CallCounts, Hold, Name, SettingOrigins, SettingsChange, SettingsInForce};

#[derive(Debug)]
pub(super) struct GuardedState {
    pub(super) machine: Machine,
    /// The time of the last operation. It is used again if the user's clock panics.
    pub(super) latest: Instant,
    /// All totals except clean successes and rejections, which the striped counters count.
    pub(super) totals: CallCounts,
    /// The totals when the present generation began.
    pub(super) totals_at_start: CallCounts,
    /// `None` until `slow_call` is set.
    pub(super) watch: Option<Box<Watch>>,
    pub(super) events: EventQueue,
    /// Whether a thread is delivering events. That thread also delivers the events that are queued
    /// meanwhile.
    pub(super) delivering: bool,
    /// The calls that wait for the circuit.
    pub(super) waiters: Waiters,
    /// A stripe holds the counts of one thread. Bit N is set if stripe N may hold pending
    /// successes: successes that its thread has deferred, and that the state machine has not
    /// received yet.
    pending_stripes: u16,
    origins: SettingOrigins,
    version: u64,
    /// The mode of an override, and the generation that began when the breaker entered this mode.
    /// The generation is `None` if the breaker did not enter the mode, because the mode was over
    /// when the breaker was made, or if an operator has set a state by hand since then.
    mode: Option<Box<(Hold, Option<u64>)>>,
}

impl GuardedState {
    /// Makes the state of a breaker. The config of `machine` must be the config of `settings`.
    pub(super) fn new(
        mut machine: Machine,
        settings: &LiveSettings,
        start_in: StartIn,
        now: Instant,
    ) -> Self {
        let StartIn { hold, is_of_override } = start_in;
        let is_held = hold.is_some();
        if let Some(hold) = hold {
            machine.hold(hold, now);
        }
        let generation = (is_of_override && is_held).then(|| machine.generation());
        Self {
            machine,
            latest: now,
            totals: CallCounts::default(),
            totals_at_start: CallCounts::default(),
            watch: None,
            events: EventQueue::default(),
            delivering: false,
            waiters: Waiters::default(),
            pending_stripes: 0,
            origins: settings.origins.clone(),
            version: settings.version,
            mode: settings.mode.clone().map(|mode| Box::new((mode, generation))),
        }
    }

    /// Hands the pending successes of all threads to the state machine. If their generation has
    /// ended, they count only in the totals.
    #[inline]
    pub(super) fn collect_pending(&mut self, counters: &StripedCounters) {
        let mut left = self.pending_stripes;
        while left != 0 {
            let stripe = left.trailing_zeros() as usize;
            left &= left - 1;
            if counters.has_pending(stripe) {
                self.collect_stripe(counters, stripe);
            }
        }
    }

    #[inline(never)]
    fn collect_stripe(&mut self, counters: &StripedCounters, stripe: usize) {
        let PendingSuccesses { count, generation, bucket } = counters.take_pending(stripe);
        self.totals.success = self.totals.success.saturating_add(count);
        // B3: a call changes only the generation that admitted it.
        if generation == self.machine.generation() {
            self.machine.record_pending(count, bucket);
        } else {
            let before = &mut self.totals_at_start.success;
            *before = before.saturating_add(count);
        }
    }

    /// Records that this stripe may have pending successes from now on.
    pub(super) fn mark_pending(&mut self, stripe: usize) {
        self.pending_stripes |= 1 << stripe;
    }

    /// Records the time of an operation. `None` comes from a clock that panicked; the last reading
    /// then stays.
    pub(super) fn record_time(&mut self, now: Option<Instant>) {
        self.latest = now.unwrap_or(self.latest);
    }

    /// Returns the settings in force with their origins.
    pub(super) fn settings(&self) -> SettingsInForce {
        SettingsInForce::new(self.machine.config().clone(), self.origins.clone())
    }

    /// Applies settings and mode, unless newer settings were applied before. Returns the settings
    /// whose values changed.
    pub(super) fn reconfigure(
        &mut self,
        settings: LiveSettings,
        now: Instant,
    ) -> Option<SettingsChange> {
        // G2: of several overrides, the last one applies.
        if settings.version < self.version {
            return None;
        }
        self.version = settings.version;
        let old = self.settings();
        let differs = **self.machine.config() != *settings.config;
        self.machine.reconfigure(settings.config, now);
        self.origins = settings.origins;
        if self.mode.as_ref().map(|mode| &mode.0) != settings.mode.as_ref() {
            self.change_mode(settings.mode, now);
        }
        differs.then(|| self.settings().changes_since(&old))
    }

    // G2: if an operator has changed the state by hand since the override set its mode, clearing
    // the override does not change the state.
    fn change_mode(&mut self, mode: Option<Hold>, now: Instant) {
        let old = self.mode.take();
        if let Some(mode) = mode {
            self.machine.hold(mode.clone(), now);
            self.mode = Some(Box::new((mode, Some(self.machine.generation()))));
        } else if let Some(old) = old.filter(|old| old.1 == Some(self.machine.generation())) {
            self.machine.close(old.0.note.of_table(), now);
        }
    }

    /// Records that an operator has set a state by hand: clearing the override then leaves it.
    pub(super) fn leave_mode(&mut self) {
        if let Some(mode) = &mut self.mode {
            mode.1 = None;
        }
    }

    /// Fetches the new transitions from the state machine, and what would have opened an
    /// observe-only breaker. Queues an event for each if someone would receive it
    /// (`has_audience`).
    pub(super) fn queue_news(&mut self, name: &Name, has_audience: bool) {
        let would_open = self.machine.fetch_would_open();
        for transition in self.machine.fetch_transitions() {
            if has_audience {
                let kind = EventKind::Transition(transition);
                self.events.push(Event::of_breaker(name.clone(), kind));
            }
        }
        if let Some(opening) = would_open.filter(|_| has_audience) {
            self.queue(name, EventKind::WouldOpen(opening));
        }
    }

    /// Removes and returns the waiting calls that must be woken in the present state.
    #[inline]
    pub(super) fn call_waiters(&mut self) -> Vec<Arc<Waiter>> {
        self.waiters.take_called(&self.machine)
    }

    pub(super) fn queue(&mut self, name: &Name, kind: EventKind) {
        self.events.push(Event::of_breaker(name.clone(), kind));
    }
}
