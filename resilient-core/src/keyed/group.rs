//! The breakers of one name: made as keys come, configured and steered together.

use std::any::Any;
use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering::Acquire;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::BreakerKey;
use super::keys::{Evicted, Hashing, Keys, Placed};
use crate::breaker::shared::{Settings, Setup};
use crate::breaker::{
    BreakerConfig, BreakerSnapshot, CallCounts, CircuitBreaker, CircuitState, OperatorMode,
    TimeInState, TransitionCounts,
};
use crate::event::Listeners;
use crate::platform::{AtomicU64, RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::seeded::{Bug, seeded};
use crate::signal::Name;
use crate::time::Source;

/// The key of the breaker that the keys share which have none of their own.
const OTHER_KEYS: &str = "(other keys)";

pub(crate) struct Group<K> {
    name: Name,
    clock: Source,
    hashing: Hashing,
    guarded: RwLock<Guarded<K>>,
    others: OnceLock<CircuitBreaker>,
    /// How often one of the breakers was closed.
    closings: Arc<AtomicU64>,
    listeners: Arc<Listeners>,
    /// What evicted breakers had counted.
    retired: Mutex<Summary>,
}

struct Guarded<K> {
    keys: Keys<K>,
    standing: Standing,
}

/// What holds for every breaker of the group, also for those to come.
#[derive(Debug, Clone)]
struct Standing {
    settings: Settings,
    /// What keys to come start in: by override or by hand, whichever is newer.
    mode: Option<OperatorMode>,
    /// The listeners of the registries that the group is in, and its own.
    listeners: Vec<Arc<Listeners>>,
    /// Changes with every change.
    revision: u64,
}

impl Standing {
    /// A mode of an override that is taken back leaves what was set by hand since.
    fn reconfigure(&mut self, settings: Settings) {
        let (old, new) = (self.settings.mode, settings.mode);
        if old != new && (new.is_some() || self.mode == old) {
            self.mode = new;
        }
        self.settings = settings;
        self.revision += 1;
    }
}

impl<K> Group<K> {
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn listeners(&self) -> &Arc<Listeners> {
        &self.listeners
    }

    fn read(&self) -> RwLockReadGuard<'_, Guarded<K>> {
        self.guarded.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Guarded<K>> {
        self.guarded.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: BreakerKey> Group<K> {
    pub(crate) fn new(name: Name, config: Arc<BreakerConfig>, clock: Source) -> Self {
        Self::with_setup(Setup::new(name, Settings::of_code(config), clock))
    }

    pub(crate) fn with_setup(setup: Setup) -> Self {
        let Setup {
            name,
            settings,
            clock,
            ..
        } = setup;
        let listeners: Arc<Listeners> = Arc::default();
        Self {
            name,
            clock,
            hashing: Hashing::default(),
            guarded: RwLock::new(Guarded {
                keys: Keys::new(),
                standing: Standing {
                    mode: settings.mode,
                    settings,
                    listeners: vec![Arc::clone(&listeners)],
                    revision: 0,
                },
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
        let hash = self.hashing.hash(key);
        let known = self.read().keys.get(hash, key);
        match known {
            Some(breaker) => breaker,
            None => self.make(hash, &key.to_owned()),
        }
    }

    /// Everything of the key's own, its text and its copies, is done before the lock is taken.
    #[cold]
    fn make(&self, hash: u64, key: &K) -> CircuitBreaker {
        let name = self.name.with_key(key.to_string());
        loop {
            let standing = self.read().standing.clone();
            let breaker = self.build(name.clone(), &standing);
            let mut key = Some(key.clone());
            let closings = self.closings.load(Acquire);
            let mut guarded = self.write();
            if guarded.standing.revision != standing.revision {
                continue;
            }
            let most = most_keys(&standing.settings);
            let placed = guarded.keys.place(hash, &mut key, &breaker, most, closings);
            drop(guarded);
            return match placed {
                Placed::Own(breaker, evicted) => {
                    self.retire(evicted);
                    // It may have come into a mode.
                    breaker.tell_what_happened();
                    breaker
                }
                Placed::Nowhere => self.others(),
            };
        }
    }

    fn build(&self, name: Name, standing: &Standing) -> CircuitBreaker {
        let breaker = CircuitBreaker::build(Setup {
            start_in: standing.mode,
            closings: Some(Arc::clone(&self.closings)),
            ..Setup::new(name, standing.settings.clone(), self.clock.clone())
        });
        for listeners in &standing.listeners {
            breaker.join(listeners);
        }
        breaker
    }

    /// The breaker of the keys that have none of their own.
    fn others(&self) -> CircuitBreaker {
        if let Some(known) = self.others.get() {
            return known.clone();
        }
        // Made before the cell is entered, since a given clock is foreign code; of threads that come at once, one's is kept.
        let standing = self.read().standing.clone();
        let made = self.build(self.name.with_key(OTHER_KEYS.to_owned()), &standing);
        let mut made_for = None;
        let breaker = self.others.get_or_init(|| {
            made_for = Some(standing);
            made
        });
        // What changed while it was made has not reached it.
        if let Some(before) = made_for {
            let standing = self.read().standing.clone();
            if standing.revision != before.revision && !seeded(Bug::SharedBreakerLeftBehind) {
                breaker.reconfigure(standing.settings);
                if standing.mode != before.mode {
                    put_into(breaker, standing.mode);
                }
                for listeners in &standing.listeners {
                    breaker.join(listeners);
                }
            }
            breaker.tell_what_happened();
        }
        breaker.clone()
    }

    fn retire(&self, evicted: Vec<Evicted>) {
        for each in evicted {
            let snapshot = each.breaker.snapshot();
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            retired.add(&snapshot);
        }
    }

    /// Changes what stands for all, and returns those that are there already.
    fn stand(&self, change: impl FnOnce(&mut Standing)) -> Vec<CircuitBreaker> {
        let mut guarded = self.write();
        change(&mut guarded.standing);
        guarded.standing.revision += 1;
        drop(guarded);
        self.breakers()
    }
}

fn put_into(breaker: &CircuitBreaker, mode: Option<OperatorMode>) {
    match mode {
        Some(mode) => breaker.set_mode(mode),
        None => breaker.close(),
    }
}

fn most_keys(settings: &Settings) -> usize {
    usize::try_from(settings.config.max_keys).unwrap_or(usize::MAX)
}

/// A group whose key's type is not known: what a registry holds.
pub(crate) trait KeyedMember:
    fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static
{
    fn breakers(&self) -> Vec<CircuitBreaker>;
    fn reconfigure(&self, settings: Settings);
    /// Puts all breakers, also those to come, into a mode; `None` closes all.
    fn set_mode(&self, mode: Option<OperatorMode>);
    fn join(&self, listeners: &Arc<Listeners>);
    fn summary(&self) -> Summary;
    fn group_name(&self) -> &Name;
    /// The group's own listeners, and those of the registries that it is in.
    fn all_listeners(&self) -> Vec<Arc<Listeners>>;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<K: BreakerKey> KeyedMember for Group<K> {
    fn breakers(&self) -> Vec<CircuitBreaker> {
        let mut breakers: Vec<_> = self.read().keys.breakers().collect();
        breakers.extend(self.others.get().cloned());
        breakers
    }

    fn reconfigure(&self, settings: Settings) {
        let mut evicted = Vec::new();
        let closings = self.closings.load(Acquire);
        let mut guarded = self.write();
        if settings.version < guarded.standing.settings.version {
            return;
        }
        guarded.standing.reconfigure(settings.clone());
        let most = most_keys(&settings).saturating_add(1);
        guarded.keys.make_room(most, closings, &mut evicted);
        drop(guarded);
        self.retire(evicted);
        for breaker in self.breakers() {
            breaker.reconfigure(settings.clone());
        }
    }

    fn set_mode(&self, mode: Option<OperatorMode>) {
        for breaker in self.stand(|standing| standing.mode = mode) {
            put_into(&breaker, mode);
        }
    }

    fn join(&self, listeners: &Arc<Listeners>) {
        for breaker in self.stand(|standing| standing.listeners.push(Arc::clone(listeners))) {
            breaker.join(listeners);
        }
    }

    fn summary(&self) -> Summary {
        let mut summary = *self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        // Evicted breakers are in no state any more.
        summary.in_state = [0; CircuitState::ALL.len()];
        for breaker in self.breakers() {
            summary.add(&breaker.snapshot());
        }
        summary
    }

    fn group_name(&self) -> &Name {
        &self.name
    }

    fn all_listeners(&self) -> Vec<Arc<Listeners>> {
        self.read().standing.listeners.clone()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<K> fmt::Debug for Group<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What the breakers of one name come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) totals: CallCounts,
    pub(crate) transitions: TransitionCounts,
    pub(crate) times: TimeInState,
    /// How many breakers are in which state, in the order of [`CircuitState::ALL`].
    pub(crate) in_state: [u64; CircuitState::ALL.len()],
}

impl Summary {
    pub(crate) fn add(&mut self, snapshot: &BreakerSnapshot) {
        self.totals = self.totals.plus(&snapshot.totals);
        self.transitions = self.transitions.plus(&snapshot.transitions);
        self.times = self.times.plus(&snapshot.time_in_state);
        for (count, state) in self.in_state.iter_mut().zip(CircuitState::ALL) {
            *count += u64::from(snapshot.state == state);
        }
    }
}
