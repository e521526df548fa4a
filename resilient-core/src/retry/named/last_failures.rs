//! The last failed attempts under one name.

use std::time::Instant;

use crate::signal::ErrorText;

/// The most failures that a name remembers.
const MOST: usize = 4;

/// A failed attempt that a retry remembers: see
/// [`RetrySnapshot::last_failures`](super::RetrySnapshot::last_failures).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryFailure {
    /// When the attempt ended.
    pub at: Instant,
    /// The number of the attempt in its call, counted from 1.
    pub attempt: u32,
    /// A short text about the error, if the error has one and the retry remembers errors.
    pub text: Option<ErrorText>,
}

/// The last failures, in a ring. The memory is allocated at the first failure.
#[derive(Debug, Default)]
pub(super) struct LastFailures(Option<Box<Ring>>);

#[derive(Debug)]
struct Ring {
    failures: [RetryFailure; MOST],
    /// How many places are filled.
    filled: usize,
    /// The place of the next failure.
    next: usize,
}

impl LastFailures {
    pub(super) fn push(&mut self, failure: RetryFailure) {
        let first = || Box::new(Ring { failures: [failure; MOST], filled: 0, next: 0 });
        let ring = self.0.get_or_insert_with(first);
        ring.failures[ring.next] = failure;
        ring.next = (ring.next + 1) % MOST;
        ring.filled = (ring.filled + 1).min(MOST);
    }

    /// Returns the failures, oldest first.
    pub(super) fn all(&self) -> Vec<RetryFailure> {
        let Some(ring) = &self.0 else { return Vec::new() };
        let oldest = (ring.next + MOST - ring.filled) % MOST;
        (0..ring.filled).map(|each| ring.failures[(oldest + each) % MOST]).collect()
    }

    pub(super) fn last(&self) -> Option<&RetryFailure> {
        let ring = self.0.as_ref()?;
        ring.failures.get((ring.next + MOST - 1) % MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_the_last_four_failures_are_remembered_oldest_first() {
        let at = Instant::now();
        let mut last = LastFailures::default();
        assert_eq!((last.all(), last.last()), (Vec::new(), None));
        for attempt in 1..=9 {
            last.push(RetryFailure { at, attempt, text: None });
            let numbers: Vec<_> = last.all().iter().map(|failure| failure.attempt).collect();
            let oldest = attempt.saturating_sub(MOST as u32 - 1).max(1);
            assert_eq!(numbers, (oldest..=attempt).collect::<Vec<_>>());
            assert_eq!(last.last().map(|failure| failure.attempt), Some(attempt));
        }
    }
}
