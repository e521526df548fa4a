//! Events that wait to be delivered.

use std::collections::VecDeque;

use crate::event::Event;

/// Events that wait for slow listeners; beyond that the oldest are lost, and counted.
const MOST_EVENTS: usize = 256;

/// A bounded queue. It takes a word until the first event comes, which for most breakers is never.
#[derive(Debug, Default)]
pub(super) struct Queue(Option<Box<VecDeque<Event>>>);

impl Queue {
    /// Whether there was room: else the oldest event had to go.
    pub(super) fn push(&mut self, event: Event) -> bool {
        let events = self.0.get_or_insert_default();
        let has_room = events.len() < MOST_EVENTS;
        if !has_room {
            events.pop_front();
        }
        events.push_back(event);
        has_room
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.0.as_mut()?.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|events| events.is_empty())
    }
}
