//! Details of the last transitions that most transitions do not have.

use std::collections::VecDeque;

/// The details of some steps, each with the index of its step, oldest first. They take no memory
/// until a step has one. The box keeps the queue out of breakers without details.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "a breaker without details holds one word")]
pub(super) struct Details<T>(Option<Box<VecDeque<(usize, T)>>>);

impl<T> Details<T> {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn push(&mut self, step: usize, detail: T) {
        self.0.get_or_insert_default().push_back((step, detail));
    }

    /// Follows the removal of the oldest step: every other step has moved up by one index.
    pub(super) fn drop_oldest_step(&mut self) {
        let Some(details) = &mut self.0 else { return };
        if details.front().is_some_and(|(step, _)| *step == 0) {
            details.pop_front();
        }
        for (step, _) in details.iter_mut() {
            *step = step.saturating_sub(1);
        }
        if details.is_empty() {
            self.0 = None;
        }
    }

    pub(super) fn of(&self, step: usize) -> Option<&T> {
        let details = self.0.as_deref()?;
        let place = details.binary_search_by_key(&step, |(step, _)| *step).ok()?;
        Some(&details[place].1)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flat_map(|details| details.iter_mut()).map(|(_, detail)| detail)
    }
}
