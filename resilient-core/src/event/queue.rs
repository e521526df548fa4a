//! The bounded queue of events that wait for delivery.

use std::collections::VecDeque;

use super::kind::Event;

/// More waiting events than this push out the oldest, which are counted as lost.
const MOST_EVENTS: usize = 256;

/// A bounded queue. It takes one word of memory while no event waits.
#[derive(Debug, Default)]
pub(crate) struct EventQueue(Option<Box<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    lost: u64,
}

impl EventQueue {
    pub(crate) fn push(&mut self, event: Event) {
        let waiting = self.0.get_or_insert_default();
        if waiting.events.len() == MOST_EVENTS {
            waiting.events.pop_front();
            waiting.lost = waiting.lost.saturating_add(1);
        }
        waiting.events.push_back(event);
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
