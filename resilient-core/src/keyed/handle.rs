//! The public handle of keyed breakers.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::panic::Location;
use std::sync::Arc;

use super::{BreakerKey, Group, KeyedEntry};
use crate::breaker::shared::{LiveSettings, Setup};
use crate::breaker::{BreakerConfig, BreakerSnapshot, CircuitBreaker};
use crate::event::event_methods;
use crate::signal::Name;
use crate::time::{Clock, ClockSource};

/// Circuit breakers with a common name and common settings, one for each key. Clones are handles of
/// the same breakers.
///
/// At most [`max_keys`](crate::breaker::BreakerConfigBuilder::max_keys) keys have separate
/// breakers. A further key evicts a closed breaker that was not used for a while, approximately the
/// least recently used breaker. The streak and window of the evicted breaker are lost. If no
/// circuit is closed, the key uses a shared breaker, whose key is shown as `(other keys)`. So an
/// attacker who chooses keys can neither exhaust the memory nor reset an open circuit.
///
/// The key's `Hash`, `Clone` and `Display` run outside all locks. Its `Eq` runs under a lock, and
/// must not use the breakers of this group.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitState};
/// use resilient_core::keyed::KeyedBreakers;
/// use resilient_core::signal::Outcome;
///
/// let config = BreakerConfig::builder().failure_threshold(1).max_keys(1_000).build()?;
/// let shards = KeyedBreakers::<u32>::new("shards", config);
///
/// shards.get(&7).try_acquire().unwrap().report(Outcome::Failure);
/// assert_eq!(shards.get(&7).state(), CircuitState::Open);
/// assert_eq!(shards.get(&8).state(), CircuitState::Closed);
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
pub struct KeyedBreakers<K>(Arc<Group<K>>);

impl<K: BreakerKey> KeyedBreakers<K> {
    /// Makes an empty group that is in no registry. For a registered group, use
    /// [`Registry::get_or_register_keyed`](crate::registry::Registry::get_or_register_keyed).
    #[must_use]
    #[track_caller]
    pub fn new(name: impl Into<String>, config: BreakerConfig) -> Self {
        Self::closed(name.into(), config, ClockSource::Default)
    }

    /// Makes an empty group that reads the time from `clock`.
    #[must_use]
    #[track_caller]
    pub fn with_clock(name: impl Into<String>, config: BreakerConfig, clock: impl Clock) -> Self {
        Self::closed(name.into(), config, ClockSource::of(clock))
    }

    #[track_caller]
    fn closed(name: String, config: BreakerConfig, clock: ClockSource) -> Self {
        let settings = LiveSettings::of_code(config, Location::caller());
        Self(Arc::new(Group::new(Setup::new(Name::from(name), settings, clock.read()))))
    }

    pub(crate) fn of(group: Arc<Group<K>>) -> Self {
        Self(group)
    }

    pub(crate) fn group(&self) -> &Arc<Group<K>> {
        &self.0
    }

    /// Returns the breaker of this key, and makes it if the key is new. A known key costs a hash, a
    /// read lock and a look-up, but no allocation.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> CircuitBreaker
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.0.get(key)
    }

    /// Removes the breaker of this key, even if its circuit is open. Use this for a tenant or shard
    /// that no longer exists. Returns whether the key had a breaker.
    ///
    /// Handles of the removed breaker continue to work. Calls through them count only in that
    /// breaker, and listeners of the group and of its registries no longer receive its events. The
    /// totals up to now stay in the metrics of the name. The next call of [`get`](Self::get) makes
    /// a new breaker. The shared breaker of other keys cannot be removed.
    pub fn remove<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.0.remove(key)
    }

    /// Returns the name that the breakers share.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns how many keys have a separate breaker.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no key has a breaker yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all breakers in no particular order. The shared breaker of other keys is included
    /// once a key has needed it.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        self.0.breakers()
    }

    /// Returns the snapshots of all breakers, ordered by the text of their keys.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        let mut snapshots: Vec<_> = self.breakers().iter().map(CircuitBreaker::snapshot).collect();
        snapshots.sort_by(|one, other| one.key.cmp(&other.key));
        snapshots
    }

    event_methods! {
        |self| self.0.listeners();
        /// Calls `listener` with every event of every present and future breaker of the group. See
        /// [`CircuitBreaker::on_event`].
        fn on_event;
        /// Returns a subscription to the events of all breakers from now on. A task can await it;
        /// see [`Subscription`](crate::event::Subscription).
        fn subscribe;
    }
}

impl<K> Clone for KeyedBreakers<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for KeyedBreakers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyedBreakers").field(&self.0).finish()
    }
}
