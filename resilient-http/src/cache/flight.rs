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
    /// There until it is dropped.
    outcome: Option<Arc<Outcome>>,
}

impl Flights {
    /// Joins the flight of this key, or begins one.
    pub(super) fn board(&self, key: Key) -> Seat<'_> {
        let mut under_way = self.lock();
        let known = under_way.get(&key).and_then(Weak::upgrade);
        let outcome = known.unwrap_or_else(|| {
            let begun = Arc::new(Outcome::default());
            under_way.insert(key, Arc::downgrade(&begun));
            begun
        });
        Seat {
            flights: self,
            key,
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
