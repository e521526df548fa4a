//! The bounded queues of events that wait for delivery.

use std::collections::VecDeque;

use super::kind::Event;

/// The number of events that may wait for listeners. If more events wait, the oldest are lost.
const MOST_EVENTS: usize = 256;

/// The events that wait for listeners. The queue takes one word of memory while no event waits.
#[derive(Debug, Default)]
pub(crate) struct EventQueue(Option<Box<Waiting>>);

/// The events that wait, and the number of lost events.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) events: VecDeque<Event>,
    pub(super) lost: u64,
}

impl Waiting {
    /// Adds an event. If `most` events wait already, the oldest event is lost.
    pub(super) fn push(&mut self, event: Event, most: usize) {
        if self.events.len() == most {
            self.events.pop_front();
            self.lost = self.lost.saturating_add(1);
        }
        self.events.push_back(event);
    }
}

impl EventQueue {
    pub(crate) fn push(&mut self, event: Event) {
        self.0.get_or_insert_default().push(event, MOST_EVENTS);
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        let waiting = self.0.as_mut()?;
        let event = waiting.events.pop_front();
        if waiting.events.is_empty() && waiting.lost == 0 {
            self.0 = None;
        }
        event
    }

    pub(crate) fn is_empty(&self) -> bool {
        let waiting = self.0.as_ref();
        waiting.is_none_or(|waiting| waiting.events.is_empty())
    }

    pub(crate) fn lost(&self) -> u64 {
        self.0.as_ref().map_or(0, |waiting| waiting.lost)
    }
}
