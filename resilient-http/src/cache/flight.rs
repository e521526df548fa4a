//! Single flight: of those who ask the same at the same time, one asks the server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use super::key::Key;
use crate::error::ApiError;
use crate::response::Response;

/// What the call of a flight came to. Whoever holds the lock while it is empty is the one who asks; if that one goes without
/// an answer, the next one asks in its place.
type Outcome = AsyncMutex<Option<Result<Response, ApiError>>>;

/// The flights that are under way. Those that nobody waits for any more are gone.
#[derive(Debug, Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<Key, Weak<Outcome>>>,
}

/// A place in a flight.
pub(super) struct Seat<'a> {
    flights: &'a Flights,
    key: Key,
    /// It began the flight.
    pub(super) begins: bool,
    /// There until it is dropped.
    outcome: Option<Arc<Outcome>>,
}

impl Flights {
    /// Joins the flight of this key, or begins one.
    pub(super) fn board(&self, key: Key) -> Seat<'_> {
        let mut under_way = self.lock();
        let known = under_way.get(&key).and_then(Weak::upgrade);
        let begins = known.is_none();
        let outcome = known.unwrap_or_else(|| {
            let begun = Arc::new(Outcome::default());
            under_way.insert(key, Arc::downgrade(&begun));
            begun
        });
        Seat {
            flights: self,
            key,
            begins,
            outcome: Some(outcome),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Weak<Outcome>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}

impl Seat<'_> {
    /// Waits for the outcome: full, or empty for the one who asks. `None` only after the seat was dropped.
    pub(super) async fn outcome(
        &self,
    ) -> Option<MutexGuard<'_, Option<Result<Response, ApiError>>>> {
        match &self.outcome {
            Some(outcome) => Some(outcome.lock().await),
            None => None,
        }
    }

    /// Ends the flight: who comes later begins another one.
    pub(super) fn land(&self) {
        let mut under_way = self.flights.lock();
        self.forget(&mut under_way);
    }

    /// Another flight may have begun under the key since this one landed.
    fn forget(&self, under_way: &mut HashMap<Key, Weak<Outcome>>) {
        let is_this = match (under_way.get(&self.key), &self.outcome) {
            (Some(known), Some(own)) => std::ptr::eq(known.as_ptr(), Arc::as_ptr(own)),
            _ => false,
        };
        if is_this {
            under_way.remove(&self.key);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut under_way = self.flights.lock();
        // The last one leaves nothing behind. Counted and dropped under the lock, so that of two one is the last.
        let is_last = self
            .outcome
            .as_ref()
            .is_some_and(|outcome| Arc::strong_count(outcome) == 1);
        if is_last {
            self.forget(&mut under_way);
        }
        let outcome = self.outcome.take();
        drop(under_way);
        // What the last one drops may be a whole answer: not under the lock.
        drop(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = [7; 32];

    #[test]
    fn the_last_one_leaves_nothing_behind_whoever_that_is() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let flights = Flights::default();
            let mut seats: Vec<_> = (0..3).map(|_| Some(flights.board(KEY))).collect();
            assert_eq!(flights.len(), 1);
            for (left, seat) in order.into_iter().enumerate() {
                seats[seat] = None;
                assert_eq!(flights.len(), usize::from(left < 2), "{order:?}");
            }
        }
    }

    #[tokio::test]
    async fn after_the_landing_another_flight_begins_and_the_first_one_leaves_it_alone() {
        let flights = Flights::default();
        let first = flights.board(KEY);
        let waits = flights.board(KEY);
        *first.outcome().await.unwrap() = Some(Err(ApiError::Closed));
        first.land();
        let later = flights.board(KEY);
        assert!(waits.outcome().await.unwrap().is_some());
        assert!(later.outcome().await.unwrap().is_none());
        drop((first, waits));
        assert_eq!(flights.len(), 1);
        let joins = flights.board(KEY);
        *later.outcome().await.unwrap() = Some(Err(ApiError::Closed));
        assert!(joins.outcome().await.unwrap().is_some());
        drop((later, joins));
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn many_threads_that_come_and_go_leave_nothing_behind() {
        let flights = Arc::new(Flights::default());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let flights = Arc::clone(&flights);
                std::thread::spawn(move || {
                    for n in 0..5000_u32 {
                        let seat = flights.board([u8::try_from(n % 3).unwrap_or_default(); 32]);
                        if n % 5 == 0 {
                            seat.land();
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(flights.len(), 0);
    }
}
