//! One breaker for each key, under one name: a dependency with many parts, of which one may be down.

mod group;
mod keys;
#[cfg(test)]
mod modes_tests;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

pub(crate) use self::group::{Group, KeyedMember, Summary};
use crate::breaker::{BreakerConfig, BreakerSnapshot, CircuitBreaker};
use crate::event::{Event, ListenerId, Subscription};
use crate::signal::Name;
use crate::time::{Clock, Source};

/// What can tell one breaker from another: a tenant, a host, a shard.
///
/// Implemented for every type that has what it asks for. The key's text is shown in errors and snapshots, and is no label
/// of metrics.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a circuit breaker",
    note = "a key is `Hash + Eq + Display + Clone + Send + Sync + 'static`, or a reference to such a value; several values are one in a type \
            that has all of these"
)]
pub trait BreakerKey: Hash + Eq + fmt::Display + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + fmt::Display + Clone + Send + Sync + 'static> BreakerKey for K {}

/// Circuit breakers that share name and settings, one for each key. Clones are handles of the same ones.
///
/// At most [`max_keys`](crate::BreakerConfigBuilder::max_keys) keys have a breaker of their own. Beyond that a new key takes
/// the place of one whose circuit is closed and that was not used for a while (the least recently used, about: its streak
/// and window are forgotten); if no circuit is closed, it uses one breaker that all such keys share, and whose key reads
/// `(other keys)`. So keys that an attacker chooses neither exhaust the memory nor reset an open circuit.
///
/// A key's hash is computed, and a new key cloned and printed, under no lock; its `Eq` runs under one, and must not use the
/// same breakers.
///
/// ```
/// use resilient_core::{BreakerConfig, KeyedBreakers, Outcome, CircuitState};
///
/// let config = BreakerConfig::builder().failure_threshold(1).max_keys(1_000).build()?;
/// let shards = KeyedBreakers::<u32>::new("shards", config);
///
/// shards.get(&7).try_acquire().unwrap().report(Outcome::Failure);
/// assert_eq!(shards.get(&7).state(), CircuitState::Open);
/// assert_eq!(shards.get(&8).state(), CircuitState::Closed);
/// # Ok::<(), resilient_core::ConfigError>(())
/// ```
pub struct KeyedBreakers<K>(Arc<Group<K>>);

impl<K: BreakerKey> KeyedBreakers<K> {
    /// No breakers yet. They are in no registry: see
    /// [`Registry::get_or_register_keyed`](crate::Registry::get_or_register_keyed) for those that are.
    #[must_use]
    pub fn new(name: impl Into<String>, config: BreakerConfig) -> Self {
        let group = Group::new(
            Name::from(name.into()),
            config.into_shared(),
            Source::Default,
        );
        Self(Arc::new(group))
    }

    /// The same, with a clock of their own.
    #[must_use]
    pub fn with_clock(name: impl Into<String>, config: BreakerConfig, clock: impl Clock) -> Self {
        let clock = Source::of(clock);
        let group = Group::new(Name::from(name.into()), config.into_shared(), clock);
        Self(Arc::new(group))
    }

    pub(crate) fn of(group: Arc<Group<K>>) -> Self {
        Self(group)
    }

    pub(crate) fn group(&self) -> &Arc<Group<K>> {
        &self.0
    }

    /// The breaker of this key, made if it is new. A known key costs a hash, a read lock and a look-up; no allocation.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> CircuitBreaker
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.0.get(key)
    }

    /// The name that they share.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// How many keys have a breaker of their own.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key has a breaker yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in no order; the one that other keys share among them, once it was needed.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        self.0.breakers()
    }

    /// What there is to know about all of them, ordered by the keys' texts.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        let mut snapshots: Vec<_> = self
            .breakers()
            .iter()
            .map(CircuitBreaker::snapshot)
            .collect();
        snapshots.sort_by(|one, other| one.key.cmp(&other.key));
        snapshots
    }

    /// Calls `listener` with every event of every breaker that is or will be among them. See
    /// [`CircuitBreaker::on_event`].
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.0.listeners().add(listener)
    }

    /// Removes a listener; `false` if it is not there.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes one rarely asks whether it was there"
    )]
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        self.0.listeners().remove(id)
    }

    /// Their events from now on, for a task to await; see [`Subscription`].
    #[must_use]
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        Subscription::to(self.0.listeners(), capacity)
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
