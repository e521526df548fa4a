//! Single flight: one of the concurrent calls with a key asks the server, and the other calls wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use super::key::CacheKey;
use crate::error::ApiError;
use crate::response::Response;

/// The result that concurrent calls share. While it is empty, the call that holds the lock asks the
/// server. If that call is dropped, the next waiting call gets the lock and asks the server.
type SharedResult = AsyncMutex<Option<Result<Response, ApiError>>>;

/// The calls in flight, by key. The last call with a key removes the entry.
#[derive(Debug, Default)]
pub(super) struct InFlightMap {
    by_key: Mutex<HashMap<CacheKey, Weak<SharedResult>>>,
}

pub(super) struct InFlight<'a> {
    map: &'a InFlightMap,
    key: CacheKey,
    /// Whether this is the first call with this key.
    pub(super) is_first: bool,
    /// `None` only while this value is being dropped.
    result: Option<Arc<SharedResult>>,
}

impl InFlightMap {
    /// Joins the calls in flight with this key. Without such calls, this call is the first.
    pub(super) fn join(&self, key: CacheKey) -> InFlight<'_> {
        let mut by_key = self.lock();
        let known = by_key.get(&key).and_then(Weak::upgrade);
        let is_first = known.is_none();
        let result = known.unwrap_or_else(|| {
            let begun = Arc::new(SharedResult::default());
            by_key.insert(key, Arc::downgrade(&begun));
            begun
        });
        InFlight { map: self, key, is_first, result: Some(result) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CacheKey, Weak<SharedResult>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}

impl InFlight<'_> {
    /// Waits for the result. If the result is empty, this call must ask the server. Returns `None`
    /// only while this value is being dropped.
    pub(super) async fn result(
        &self,
    ) -> Option<MutexGuard<'_, Option<Result<Response, ApiError>>>> {
        match &self.result {
            Some(result) => Some(result.lock().await),
            None => None,
        }
    }

    /// Removes the entry, so that a later call with this key asks the server again.
    pub(super) fn finish(&self) {
        let mut by_key = self.map.lock();
        self.forget(&mut by_key);
    }

    /// Removes the entry of this call. If a later call has added another entry with the same key,
    /// that entry stays.
    fn forget(&self, by_key: &mut HashMap<CacheKey, Weak<SharedResult>>) {
        let is_this = match (by_key.get(&self.key), &self.result) {
            (Some(known), Some(own)) => std::ptr::eq(known.as_ptr(), Arc::as_ptr(own)),
            _ => false,
        };
        if is_this {
            by_key.remove(&self.key);
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut by_key = self.map.lock();
        // The last of the joined calls removes the entry. It reads the count and drops its handle
        // under the lock, so that exactly one call sees that it is the last.
        let is_last = self.result.as_ref().is_some_and(|result| Arc::strong_count(result) == 1);
        if is_last {
            self.forget(&mut by_key);
        }
        let result = self.result.take();
        drop(by_key);
        // The drop may free a whole response, so it happens after unlocking.
        drop(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: CacheKey = [7; 32];

    #[test]
    fn the_last_of_the_joined_calls_removes_the_entry() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let map = InFlightMap::default();
            let mut seats: Vec<_> = (0..3).map(|_| Some(map.join(KEY))).collect();
            assert_eq!(map.len(), 1);
            for (left, seat) in order.into_iter().enumerate() {
                seats[seat] = None;
                assert_eq!(map.len(), usize::from(left < 2), "{order:?}");
            }
        }
    }

    #[tokio::test]
    async fn after_a_result_the_next_call_is_first_and_earlier_calls_leave_its_entry() {
        let map = InFlightMap::default();
        let first = map.join(KEY);
        let waits = map.join(KEY);
        *first.result().await.unwrap() = Some(Err(ApiError::Closed));
        first.finish();
        let later = map.join(KEY);
        assert!(waits.result().await.unwrap().is_some());
        assert!(later.result().await.unwrap().is_none());
        drop((first, waits));
        assert_eq!(map.len(), 1);
        let joins = map.join(KEY);
        *later.result().await.unwrap() = Some(Err(ApiError::Closed));
        assert!(joins.result().await.unwrap().is_some());
        drop((later, joins));
        assert_eq!(map.len(), 0);
    }

    #[tokio::test]
    async fn many_threads_that_come_and_go_leave_nothing_behind() {
        let map = Arc::new(InFlightMap::default());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let map = Arc::clone(&map);
                std::thread::spawn(move || {
                    for n in 0..5000_u32 {
                        let seat = map.join([u8::try_from(n % 3).unwrap_or_default(); 32]);
                        if n % 5 == 0 {
                            seat.finish();
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(map.len(), 0);
    }
}
