//! The notes of operators on the last transitions.

use std::collections::VecDeque;

use crate::signal::OperatorNote;

/// The notes, each with the index of its step, oldest first. Most steps have no note.
#[derive(Debug, Default)]
pub(super) struct Notes(VecDeque<(usize, OperatorNote)>);

impl Notes {
    pub(super) fn push(&mut self, step: usize, note: OperatorNote) {
        self.0.push_back((step, note));
    }

    /// Returns the notes after the oldest step was dropped and every other step has moved up by one
    /// index, or `None` if no note is left.
    pub(super) fn after_oldest_step(mut self: Box<Self>) -> Option<Box<Self>> {
        if self.0.front().is_some_and(|(step, _)| *step == 0) {
            self.0.pop_front();
        }
        for (step, _) in &mut self.0 {
            *step = step.saturating_sub(1);
        }
        (!self.0.is_empty()).then_some(self)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(usize, OperatorNote)> {
        self.0.iter()
    }
}
