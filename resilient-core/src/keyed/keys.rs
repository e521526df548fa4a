//! The keys that have a separate breaker: a bounded map that evicts only closed breakers.
//!
//! A clock hand (second chance) chooses the breaker to evict. Each use of a breaker sets a mark
//! ([`Entry::used`]). The hand goes around the entries, and skips breakers that are not closed. If
//! a closed breaker has a mark, the hand clears the mark and goes on. The hand evicts the first
//! closed breaker without a mark.

use std::borrow::Borrow;
use std::hash::{BuildHasherDefault, Hash, Hasher, RandomState};
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use indexmap::{Equivalent, IndexMap};

use crate::breaker::CircuitBreaker;

#[derive(Debug)]
pub(super) struct Keys<K> {
    entries: IndexMap<Hashed<K>, Entry, BuildHasherDefault<ComputedHash>>,
    hand: usize,
    /// The last search, if it found no closed breaker. `None` after a key was added.
    failed_search: Option<FailedSearch>,
}

/// A search that found no closed breaker.
#[derive(Debug)]
struct FailedSearch {
    /// The number of closings at the search.
    closings: u64,
    /// The time from the search until the first breaker closes by itself. `None` if no breaker
    /// does.
    none_closes_in: Option<Range<Instant>>,
}

impl FailedSearch {
    /// Returns whether a new search would fail as well.
    fn fails_again(&self, closings: u64, now: Instant) -> bool {
        let is_early = self.none_closes_in.as_ref().is_none_or(|time| time.contains(&now));
        self.closings == closings && is_early
    }
}

#[derive(Debug)]
struct Entry {
    breaker: CircuitBreaker,
    /// The mark: whether the breaker was used since the hand last passed. If the mark is set
    /// already, a use does not write it again.
    used: AtomicBool,
}

/// An evicted breaker and its key. Dropping a key runs user code, so the key is dropped outside the
/// lock.
#[derive(Debug)]
pub(super) struct Evicted {
    pub(super) breaker: CircuitBreaker,
    _key: Box<dyn std::any::Any + Send + Sync>,
}

impl<K: Eq + Send + Sync + 'static> Keys<K> {
    pub(super) fn new() -> Self {
        Self { entries: IndexMap::default(), hand: 0, failed_search: None }
    }

    pub(super) fn get<Q>(&self, hash: u64, key: &Q) -> Option<CircuitBreaker>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let entry = self.entries.get(&Wanted { hash, key })?;
        if !entry.used.load(Relaxed) {
            entry.used.store(true, Relaxed);
        }
        Some(entry.breaker.clone())
    }

    /// Adds a key with its breaker, unless the key has a breaker already. Returns the key's breaker
    /// and the evicted breakers, or `None` if no breaker can be evicted. A key that is not added
    /// stays with the caller, because dropping it runs user code. `closings` is the number of times
    /// that a breaker of the group closed or was changed by hand.
    pub(super) fn place(
        &mut self,
        hash: u64,
        key: &mut Option<K>,
        breaker: &CircuitBreaker,
        most: usize,
        closings: u64,
        now: Instant,
    ) -> Option<(CircuitBreaker, Vec<Evicted>)> {
        let known = key.as_ref().and_then(|key| self.get(hash, key));
        if let Some(known) = known {
            return Some((known, Vec::new()));
        }
        let mut evicted = Vec::new();
        if !self.make_room(most, closings, now, &mut evicted) {
            return None;
        }
        let entry = Entry { breaker: breaker.clone(), used: AtomicBool::new(false) };
        if let Some(key) = key.take() {
            self.entries.insert(Hashed { hash, key }, entry);
        }
        self.failed_search = None;
        Some((breaker.clone(), evicted))
    }

    // G4: only closed breakers are evicted.
    /// Evicts closed breakers until one more key fits. Returns whether the key fits.
    pub(super) fn make_room(
        &mut self,
        most: usize,
        closings: u64,
        now: Instant,
        evicted: &mut Vec<Evicted>,
    ) -> bool {
        while self.entries.len() >= most {
            // No circuit has closed since the last search, so a new search would fail as well. An
            // attacker who sends many keys causes only one search.
            let last = self.failed_search.as_ref();
            if last.is_some_and(|last| last.fails_again(closings, now)) {
                return false;
            }
            match self.find_closed(now) {
                Ok(place) => evicted.extend(self.remove_at(place)),
                Err(first) => {
                    let none_closes_in = first.map(|first| now..first);
                    self.failed_search = Some(FailedSearch { closings, none_closes_in });
                    return false;
                }
            }
        }
        true
    }

    pub(super) fn remove<Q>(&mut self, hash: u64, key: &Q) -> Option<Evicted>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let place = self.entries.get_index_of(&Wanted { hash, key })?;
        self.remove_at(place)
    }

    pub(super) fn remove_breaker(&mut self, breaker: &CircuitBreaker) -> Option<Evicted> {
        let place = self.entries.values().position(|entry| entry.breaker.is(breaker))?;
        self.remove_at(place)
    }

    fn remove_at(&mut self, place: usize) -> Option<Evicted> {
        let (key, entry) = self.entries.swap_remove_index(place)?;
        Some(Evicted { breaker: entry.breaker, _key: Box::new(key.key) })
    }

    /// Returns whether no breaker has a handle outside this map, and every breaker is closed and
    /// remembers no failed or slow call.
    pub(super) fn are_unused(&mut self, now: Instant) -> bool {
        self.entries.values_mut().all(|entry| entry.breaker.is_unused(now))
    }

    /// Returns whether no breaker has a handle outside this map.
    pub(super) fn have_no_handles(&mut self) -> bool {
        self.entries.values_mut().all(|entry| entry.breaker.is_only_handle())
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn breakers(&self) -> impl Iterator<Item = CircuitBreaker> + '_ {
        self.entries.values().map(|entry| entry.breaker.clone())
    }

    /// Returns the index of a closed breaker, or when the first breaker closes by itself. The first
    /// round clears marks, so the second round finds a closed breaker if any exists.
    fn find_closed(&mut self, now: Instant) -> Result<usize, Option<Instant>> {
        let count = self.entries.len();
        let mut first: Option<Instant> = None;
        for _ in 0..2 * count {
            if self.hand >= count {
                self.hand = 0;
            }
            let Some((_, entry)) = self.entries.get_index(self.hand) else { break };
            let closes_at = entry.breaker.shared().closes_at(now);
            let is_closed = closes_at.is_some_and(|at| at <= now);
            if is_closed && !entry.used.swap(false, Relaxed) {
                return Ok(self.hand);
            }
            first = first.into_iter().chain(closes_at).min();
            self.hand += 1;
        }
        Err(first)
    }
}

/// Computes hashes outside any lock, with random keys that an attacker cannot guess.
pub(super) type Hashing = RandomState;

#[derive(Debug)]
struct Hashed<K> {
    hash: u64,
    key: K,
}

impl<K> Hash for Hashed<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K: Eq> PartialEq for Hashed<K> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.key == other.key
    }
}

impl<K: Eq> Eq for Hashed<K> {}

struct Wanted<'a, Q: ?Sized> {
    hash: u64,
    key: &'a Q,
}

impl<Q: ?Sized> Hash for Wanted<'_, Q> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K: Borrow<Q>, Q: Eq + ?Sized> Equivalent<Hashed<K>> for Wanted<'_, Q> {
    fn equivalent(&self, hashed: &Hashed<K>) -> bool {
        self.hash == hashed.hash && *self.key == *hashed.key.borrow()
    }
}

/// A hasher that returns a hash that was computed earlier.
#[derive(Debug, Default)]
struct ComputedHash(u64);

impl Hasher for ComputedHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn fm_e9_the_hash_of_a_key_is_unpredictable() {
        assert_ne!(Hashing::new().hash_one("a"), Hashing::new().hash_one("a"));
    }
}
