//! Events that wait to be delivered.

use std::collections::VecDeque;

use crate::event::Event;

/// Events that wait for slow listeners; beyond that the oldest are lost, and counted.
const MOST_EVENTS: usize = 256;

/// A bounded queue. It takes a word while no event waits, which for most breakers is always.
#[derive(Debug, Default)]
pub(super) struct Queue(Option<Box<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    lost: u64,
}

impl Queue {
    pub(super) fn push(&mut self, event: Event) {
        let waiting = self.0.get_or_insert_default();
        if waiting.events.len() == MOST_EVENTS {
            waiting.events.pop_front();
            waiting.lost = waiting.lost.saturating_add(1);
        }
        waiting.events.push_back(event);
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        let waiting = self.0.as_mut()?;
        let event = waiting.events.pop_front();
        if waiting.events.is_empty() && waiting.lost == 0 {
            self.0 = None;
        }
        event
    }

    pub(super) fn is_empty(&self) -> bool {
        let waiting = self.0.as_ref();
        waiting.is_none_or(|waiting| waiting.events.is_empty())
    }

    /// How many events were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.0.as_ref().map_or(0, |waiting| waiting.lost)
    }
}
