//! The line of the calls that wait for one origin, in the order in which they came.

use std::collections::BTreeMap;
use std::task::Waker;

/// The wakers of the calls that wait. Each call has a ticket: the later it came, the higher.
#[derive(Default)]
pub(super) struct WaitingLine {
    wakers: BTreeMap<u64, Waker>,
    last_ticket: u64,
}

impl WaitingLine {
    pub(super) fn len(&self) -> usize {
        self.wakers.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wakers.is_empty()
    }

    /// Returns the number of calls before this one. Calls that left the line between them may be
    /// counted, too.
    pub(super) fn calls_before(&self, ticket: Option<u64>) -> usize {
        match (ticket, self.wakers.first_key_value()) {
            (Some(ticket), Some((first, _))) => {
                let before = usize::try_from(ticket.saturating_sub(*first)).unwrap_or(usize::MAX);
                before.min(self.wakers.len())
            }
            (None, _) => self.wakers.len(),
            (Some(_), None) => 0,
        }
    }

    /// Puts a call into the line, at its former place if it has a ticket.
    pub(super) fn enter(&mut self, ticket: &mut Option<u64>, waker: &Waker) -> LineChange {
        let ticket = *ticket.get_or_insert_with(|| {
            self.last_ticket += 1;
            self.last_ticket
        });
        let known = self.wakers.get(&ticket).is_some_and(|known| known.will_wake(waker));
        let old = if known { None } else { self.wakers.insert(ticket, waker.clone()) };
        LineChange { old, woken: Vec::new() }
    }

    /// Takes a call out of the line. If it was the first one, the next call is woken.
    pub(super) fn leave(&mut self, ticket: &mut Option<u64>) -> LineChange {
        let Some(ticket) = ticket.take() else {
            return LineChange::default();
        };
        let was_first = self.wakers.first_key_value().is_some_and(|(first, _)| *first == ticket);
        let old = self.wakers.remove(&ticket);
        let next = self.wakers.first_key_value().filter(|_| was_first);
        LineChange { old, woken: next.into_iter().map(|(_, waker)| waker.clone()).collect() }
    }

    /// Takes a call out of the line, and all calls before it. They are woken. Those that are still
    /// polled come back to their places.
    pub(super) fn overtake(&mut self, ticket: &mut Option<u64>) -> LineChange {
        let behind = match *ticket {
            Some(ticket) => self.wakers.split_off(&ticket.saturating_add(1)),
            None => BTreeMap::new(),
        };
        let mut before = std::mem::replace(&mut self.wakers, behind);
        let old = ticket.take().and_then(|ticket| before.remove(&ticket));
        let next = self.wakers.values().next().cloned();
        LineChange { old, woken: before.into_values().chain(next).collect() }
    }

    /// Returns the change that wakes all calls.
    pub(super) fn wake_all(&self) -> LineChange {
        LineChange { old: None, woken: self.wakers.values().cloned().collect() }
    }
}

/// What remains to be done without the lock. Dropping or calling a waker runs user code, which may
/// use the line.
#[must_use]
#[derive(Default)]
pub(super) struct LineChange {
    old: Option<Waker>,
    woken: Vec<Waker>,
}

impl LineChange {
    pub(super) fn finish(self) {
        drop(self.old);
        self.woken.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A line of calls, the tickets of the calls, and the number of times each was woken.
    struct Calls {
        line: WaitingLine,
        tickets: Vec<Option<u64>>,
        woken: Vec<Arc<Count>>,
    }

    impl Calls {
        fn waiting(calls: usize) -> Self {
            let mut all = Self {
                line: WaitingLine::default(),
                tickets: vec![None; calls],
                woken: (0..calls).map(|_| Arc::default()).collect(),
            };
            (0..calls).for_each(|call| all.enter(call));
            all
        }

        fn enter(&mut self, call: usize) {
            let waker = Arc::clone(&self.woken[call]).into();
            self.line.enter(&mut self.tickets[call], &waker).finish();
        }

        fn places(&self) -> Vec<usize> {
            self.tickets.iter().map(|ticket| self.line.calls_before(*ticket)).collect()
        }

        fn woken(&self) -> Vec<u32> {
            self.woken.iter().map(|woken| woken.0.load(Ordering::Relaxed)).collect()
        }
    }

    #[test]
    fn the_call_after_the_first_is_woken_when_the_first_leaves() {
        let mut calls = Calls::waiting(3);
        assert_eq!(calls.places(), [0, 1, 2]);
        calls.line.leave(&mut calls.tickets[1]).finish();
        assert_eq!(calls.woken(), [0, 0, 0]);
        calls.line.leave(&mut calls.tickets[0]).finish();
        assert_eq!(calls.woken(), [0, 0, 1]);
        calls.line.leave(&mut calls.tickets[2]).finish();
        assert!(calls.line.is_empty());
    }

    #[test]
    fn calls_that_were_overtaken_are_woken_and_return_to_their_places() {
        let mut calls = Calls::waiting(5);
        calls.line.overtake(&mut calls.tickets[3]).finish();
        assert_eq!((calls.line.len(), calls.woken()), (1, vec![1, 1, 1, 0, 1]));
        // The second call is not polled any more. The third one comes back before the first one.
        calls.enter(2);
        calls.enter(0);
        let places = calls.places();
        assert_eq!(places[0], 0);
        assert!(places[2] > places[0] && places[4] > places[2], "{places:?}");
        // A dropped call that is not in line changes nothing.
        calls.line.leave(&mut calls.tickets[1]).finish();
        assert_eq!((calls.line.len(), calls.woken()), (3, vec![1, 1, 1, 0, 1]));
    }

    #[test]
    fn a_call_that_never_waited_can_overtake_the_whole_line() {
        let mut calls = Calls::waiting(2);
        calls.line.overtake(&mut None).finish();
        assert_eq!((calls.line.len(), calls.woken()), (0, vec![1, 1]));
    }

    #[test]
    fn a_call_that_is_polled_by_another_task_wakes_that_task() {
        let mut calls = Calls::waiting(1);
        let other = Arc::<Count>::default();
        let waker = Arc::clone(&other).into();
        calls.line.enter(&mut calls.tickets[0], &waker).finish();
        calls.line.wake_all().finish();
        assert_eq!((calls.woken(), other.0.load(Ordering::Relaxed)), (vec![0], 1));
        assert_eq!(Arc::strong_count(&calls.woken[0]), 1, "the first waker is gone");
    }
}
