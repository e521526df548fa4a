//! What the lock guards: the state machine, the totals, and the events that wait to be delivered.

use std::collections::VecDeque;
use std::time::Instant;

use super::Settings;
use super::rest::Rest;
use crate::breaker::Mode;
use crate::breaker::machine::Machine;
use crate::breaker::snapshot::Counts;
use crate::event::{Event, EventKind};

/// Events that wait for slow listeners; beyond that the oldest are lost, and counted.
const MOST_EVENTS: usize = 256;

#[derive(Debug)]
pub(super) struct Locked {
    pub(super) machine: Machine,
    /// When the last operation was: what a clock that panics is taken to say.
    pub(super) latest: Instant,
    /// Without the clean successes, which are in their slots.
    pub(super) totals: Counts,
    /// Totals when the present generation began.
    pub(super) totals_at_start: Counts,
    pub(super) events: VecDeque<Event>,
    pub(super) lost_events: u64,
    /// Some thread is delivering events, and will deliver those that come meanwhile.
    pub(super) delivering: bool,
    /// Of the settings that hold.
    version: u64,
    /// The mode that an override asked for, and the generation that it found or began.
    mode: Option<(Mode, u64)>,
}

impl Locked {
    pub(super) fn new(machine: Machine, now: Instant) -> Self {
        Self {
            machine,
            latest: now,
            totals: Counts::default(),
            totals_at_start: Counts::default(),
            events: VecDeque::new(),
            lost_events: 0,
            delivering: false,
            version: 0,
            mode: None,
        }
    }

    /// Takes over settings and mode. `false` if they are no news.
    pub(super) fn reconfigure(&mut self, settings: Settings, now: Instant) -> bool {
        if settings.version < self.version {
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

    fn change_mode(&mut self, mode: Option<Mode>, now: Instant) {
        let old = self.mode.take();
        if let Some(mode) = mode {
            mode.set(&mut self.machine, now);
            self.mode = Some((mode, self.machine.generation()));
        } else if old.is_some_and(|(_, generation)| generation == self.machine.generation()) {
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
        if self.events.len() == MOST_EVENTS {
            self.events.pop_front();
            self.lost_events = self.lost_events.saturating_add(1);
        }
        self.events.push_back(Event {
            breaker: rest.name.clone(),
            kind,
        });
    }
}
