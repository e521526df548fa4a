//! The breakers of one name. The group makes them when new keys come, and configures them together.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::Ordering::Acquire;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use super::{BreakerKey, Evicted, Hashing, Keys, Standing};
use crate::breaker::shared::{LiveSettings, Setup, StartIn};
use crate::breaker::{BreakerConfig, CircuitBreaker, ManualChange};
use crate::event::Listeners;
use crate::platform::{AtomicU64, RwLock, RwLockReadGuard, RwLockWriteGuard, unpoisoned};
use crate::signal::Name;
use crate::telemetry::Summary;
use crate::time::ClockSource;

/// The key that is shown for the shared breaker, which serves all keys without a separate breaker.
const OTHER_KEYS: &str = "(other keys)";

pub(crate) struct Group<K> {
    pub(super) name: Name,
    clock: ClockSource,
    hashing: Hashing,
    guarded: RwLock<Guarded<K>>,
    pub(super) others: OnceLock<CircuitBreaker>,
    /// The number of times that a breaker of the group closed or was changed by hand.
    pub(super) closings: Arc<AtomicU64>,
    listeners: Arc<Listeners>,
    /// The summed counts of evicted breakers.
    pub(super) retired: Mutex<Summary>,
}

pub(super) struct Guarded<K> {
    pub(super) keys: Keys<K>,
    pub(super) standing: Standing,
}

impl<K> Group<K> {
    /// Reads the clock. The caller must hold no lock, because the clock may be user code.
    pub(super) fn now(&self) -> Instant {
        self.clock.clone().read().now
    }

    pub(crate) fn listeners(&self) -> &Arc<Listeners> {
        &self.listeners
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Guarded<K>> {
        unpoisoned(self.guarded.read())
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Guarded<K>> {
        unpoisoned(self.guarded.write())
    }
}

impl<K: BreakerKey> Group<K> {
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup { name, settings, clock, .. } = setup;
        let listeners: Arc<Listeners> = Arc::default();
        Self {
            name,
            clock: clock.clock,
            hashing: Hashing::new(),
            guarded: RwLock::new(Guarded {
                keys: Keys::new(),
                standing: Standing::new(settings, Arc::clone(&listeners), clock.now),
            }),
            others: OnceLock::new(),
            closings: Arc::default(),
            listeners,
            retired: Mutex::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.read().keys.len()
    }

    pub(crate) fn config(&self) -> Arc<BreakerConfig> {
        Arc::clone(&self.read().standing.settings.config)
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> CircuitBreaker
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let hash = self.hashing.hash_one(key);
        let known = self.read().keys.get(hash, key);
        match known {
            Some(breaker) => breaker,
            None => self.make(hash, &key.to_owned()),
        }
    }

    /// Makes the breaker of a new key. The key's `Display` and `Clone` run before the lock is
    /// taken.
    // G7: if several threads bring the same new key at once, all get the same breaker.
    #[cold]
    fn make(&self, hash: u64, key: &K) -> CircuitBreaker {
        let name = self.name.with_key(key.to_string());
        loop {
            let standing = self.read().standing.clone();
            let breaker = self.build(name.clone(), &standing, name.key());
            let mut key = Some(key.clone());
            let closings = self.closings.load(Acquire);
            let now = self.now();
            let mut guarded = self.write();
            if guarded.standing.revision != standing.revision {
                continue;
            }
            let most = most_keys(&standing.settings);
            let placed = guarded.keys.place(hash, &mut key, &breaker, most, closings, now);
            drop(guarded);
            let Some((breaker, evicted)) = placed else {
                return self.others();
            };
            self.retire(evicted);
            // A new breaker that starts in a mode has queued an event. This delivers the event.
            breaker.shared().notify(Vec::new());
            return breaker;
        }
    }

    /// Builds the breaker of a key, or the shared breaker if `key` is `None`.
    fn build(&self, name: Name, standing: &Standing, key: Option<&str>) -> CircuitBreaker {
        let clock = self.clock.clone().read();
        let breaker = CircuitBreaker::build(Setup {
            start_in: standing.start_at(key, clock.now),
            closings: Some(Arc::clone(&self.closings)),
            ..Setup::new(name, standing.settings_of(key), clock)
        });
        for listeners in &standing.listeners {
            breaker.shared().join(listeners);
        }
        breaker
    }

    /// Returns the breaker that keys without a separate breaker share.
    fn others(&self) -> CircuitBreaker {
        if let Some(known) = self.others.get() {
            return known.clone();
        }
        // Build the breaker outside `get_or_init`, since the clock may be user code. If several
        // threads build one, the first breaker stays.
        let standing = self.read().standing.clone();
        let made = self.build(self.name.with_key(OTHER_KEYS.to_owned()), &standing, None);
        let mut made_for = None;
        let breaker = self.others.get_or_init(|| {
            made_for = Some(standing);
            made
        });
        // If the group changed during the construction, apply the change to the new breaker.
        if let Some(before) = made_for {
            let standing = self.join_others(breaker, &before);
            if standing.revision != before.revision {
                breaker.shared().reconfigure(standing.settings_of(None));
                if standing.differs_in_mode(&before) {
                    self.start_others(breaker, &standing);
                }
            }
            breaker.shared().notify(Vec::new());
        }
        breaker.clone()
    }

    /// Gives the shared breaker the present listeners instead of those of `before`, and returns
    /// what stands now. The lock is held meanwhile: otherwise the breaker could join listeners that
    /// another thread has just removed from the group.
    fn join_others(&self, breaker: &CircuitBreaker, before: &Standing) -> Standing {
        let guarded = self.read();
        let standing = &guarded.standing;
        for listeners in &standing.listeners {
            breaker.shared().join(listeners);
        }
        let is_past = |each: &&Arc<Listeners>| !standing.hears(each);
        for listeners in before.listeners.iter().filter(is_past) {
            breaker.shared().leave(listeners);
        }
        standing.clone()
    }

    /// Changes the state of the shared breaker to the one in which new keys start now.
    fn start_others(&self, breaker: &CircuitBreaker, standing: &Standing) {
        let StartIn { hold, is_of_override } = standing.start_at(None, self.now());
        let change = hold.map_or(ManualChange::close(), ManualChange::from);
        if is_of_override {
            breaker.shared().follow_override(change);
        } else {
            // No state refuses a mode or a closing.
            let _ = breaker.apply(&change);
        }
    }

    /// Removes the breaker of this key. Returns whether the key had a breaker.
    pub(super) fn remove<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let hash = self.hashing.hash_one(key);
        self.remove_if(|keys| keys.remove(hash, key))
    }

    /// Removes a breaker from the group. Its totals stay in the totals of the group. The listeners
    /// of the group no longer receive its events.
    pub(super) fn remove_if(&self, remove: impl FnOnce(&mut Keys<K>) -> Option<Evicted>) -> bool {
        let mut guarded = self.write();
        let Some(removed) = remove(&mut guarded.keys) else {
            return false;
        };
        for listeners in &guarded.standing.listeners {
            removed.breaker.shared().leave(listeners);
        }
        drop(guarded);
        self.retire(vec![removed]);
        true
    }

    pub(super) fn clock_source(&self) -> ClockSource {
        self.clock.clone()
    }

    pub(super) fn retire(&self, evicted: Vec<Evicted>) {
        for each in evicted {
            let snapshot = each.breaker.snapshot();
            unpoisoned(self.retired.lock()).add(&snapshot);
        }
    }
}

pub(super) fn most_keys(settings: &LiveSettings) -> usize {
    usize::try_from(settings.config.max_keys).unwrap_or(usize::MAX)
}

impl<K> fmt::Debug for Group<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("name", &self.name).finish_non_exhaustive()
    }
}
