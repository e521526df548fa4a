//! What the lock guards: the state machine, the totals, and the events that wait to be delivered.

use std::time::Instant;

use super::Settings;
use super::event_queue::Queue;
use super::setup::Rest;
use crate::breaker::OperatorMode;
use crate::breaker::machine::Machine;
use crate::breaker::shared::striped_counters::{Pending, Slots};
use crate::breaker::snapshot::CallCounts;
use crate::event::{Event, EventKind};
use crate::seeded::{Bug, seeded};

#[derive(Debug)]
pub(super) struct Locked {
    pub(super) machine: Machine,
    /// When the last operation was: what a clock that panics is taken to say.
    pub(super) latest: Instant,
    /// Without the clean successes, which are in their slots.
    pub(super) totals: CallCounts,
    /// Totals when the present generation began.
    pub(super) totals_at_start: CallCounts,
    pub(super) events: Queue,
    /// Some thread is delivering events, and will deliver those that come meanwhile.
    pub(super) delivering: bool,
    /// The slots that may hold successes that the machine does not know of: one bit for each.
    to_look_into: u16,
    /// Of the settings that hold.
    version: u64,
    /// The mode that an override asked for, and the generation that it found or began: none, if a hand has steered since.
    mode: Option<(OperatorMode, Option<u64>)>,
}

impl Locked {
    /// The machine has the config of the settings already. It starts in a mode: that of the settings, unless a hand has
    /// steered the breaker's group since.
    pub(super) fn new(
        mut machine: Machine,
        settings: &Settings,
        start_in: Option<OperatorMode>,
        now: Instant,
    ) -> Self {
        if let Some(mode) = start_in {
            machine.set_mode(mode, now);
        }
        let generation = (start_in == settings.mode).then(|| machine.generation());
        Self {
            machine,
            latest: now,
            totals: CallCounts::default(),
            totals_at_start: CallCounts::default(),
            events: Queue::default(),
            delivering: false,
            to_look_into: 0,
            version: settings.version,
            mode: settings.mode.map(|mode| (mode, generation)),
        }
    }

    /// Makes the machine know of the successes that threads have left for it. Those whose generation has ended count in the
    /// totals only.
    #[inline]
    pub(super) fn learn(&mut self, slots: &Slots) {
        let mut left = self.to_look_into;
        while left != 0 {
            let slot = left.trailing_zeros() as usize;
            left &= left - 1;
            if slots.has_pending(slot) && !seeded(Bug::PendingForgotten) {
                self.learn_from(slots, slot);
            }
        }
    }

    #[inline(never)]
    fn learn_from(&mut self, slots: &Slots, slot: usize) {
        let Pending {
            many,
            generation,
            bucket,
        } = slots.take_pending(slot);
        self.totals.success = self.totals.success.saturating_add(many);
        if generation == self.machine.generation() || seeded(Bug::PendingOfAnyGenerationKnown) {
            self.machine.learn(many, bucket);
        } else {
            let before = &mut self.totals_at_start.success;
            *before = before.saturating_add(many);
        }
    }

    /// From now on, this slot may hold successes.
    pub(super) fn look_into(&mut self, slot: usize) {
        self.to_look_into |= 1 << slot;
    }

    /// A clock that does not say is taken to stand still.
    pub(super) fn take_note_of(&mut self, now: Option<Instant>) {
        self.latest = now.unwrap_or(self.latest);
    }

    /// Takes over settings and mode. `false` if they are no news.
    pub(super) fn reconfigure(&mut self, settings: Settings, now: Instant) -> bool {
        if settings.version < self.version && !seeded(Bug::OlderSettingsHold) {
            return false;
        }
        self.version = settings.version;
        let differs = **self.machine.config() != *settings.config;
        self.machine.reconfigure(settings.config, now);
        if self.mode.map(|(mode, _)| mode) != settings.mode {
            self.change_mode(settings.mode, now);
        }
        differs
    }

    fn change_mode(&mut self, mode: Option<OperatorMode>, now: Instant) {
        let old = self.mode.take();
        if let Some(mode) = mode {
            self.machine.set_mode(mode, now);
            self.mode = Some((mode, Some(self.machine.generation())));
        } else if old.is_some_and(|(_, generation)| generation == Some(self.machine.generation())) {
            // Only what the override did is undone: the state may have been changed by hand meanwhile, also there and back.
            self.machine.close(now);
        }
    }

    pub(super) fn queue_what_happened(&mut self, rest: &Rest) {
        let would_open = self.machine.fetch_would_open();
        let transitions: Vec<_> = self.machine.fetch_transitions().collect();
        for transition in transitions {
            self.queue(rest, EventKind::Transition(transition));
        }
        if let Some(reason) = would_open {
            self.queue(rest, EventKind::WouldOpen(reason));
        }
    }

    pub(super) fn queue(&mut self, rest: &Rest, kind: EventKind) {
        if !rest.is_heard() {
            return;
        }
        self.events.push(Event::of_breaker(rest.name.clone(), kind));
    }
}
