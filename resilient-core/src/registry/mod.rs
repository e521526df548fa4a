//! Breakers and retry budgets by name: what code declares, and what operators find.

mod budgets;
#[cfg(feature = "serde")]
mod deserialize;
#[cfg(feature = "toml")]
mod document;
mod entry;
mod overrides;
mod registration;
mod selection;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use self::budgets::BudgetEntry;
#[cfg(feature = "toml")]
pub use self::document::LoadError;
pub(crate) use self::entry::Member;
pub use self::overrides::{
    BreakerOverride, BudgetOverride, OverrideError, OverrideReport, Overrides,
};
pub(crate) use self::registration::Declared;
pub use self::selection::Selection;
use crate::breaker::shared::Settings;
use crate::breaker::{BreakerConfig, BreakerSnapshot, CircuitBreaker};
use crate::event::{Event, ListenerId, Listeners, Subscription};
use crate::keyed::{BreakerKey, Group, KeyedBreakers, KeyedMember};
use crate::signal::Name;
use crate::telemetry;
use crate::time::{Clock, Source};

/// Breakers and retry budgets by name. Clones are handles of the same registry.
///
/// Every `#[circuit_breaker]` is in the [global](Registry::global) one from the first call of its function on; functions
/// that give one `name` share one breaker.
///
/// ```
/// use resilient_core::{BreakerConfig, Registry};
///
/// let registry = Registry::new();
/// let payments = registry.get_or_register("payments", BreakerConfig::default());
///
/// // Elsewhere, an operator:
/// registry.get("payments").unwrap().force_open();
/// assert!(payments.try_acquire().is_err());
/// ```
///
/// Breakers of annotated functions and those made by [`get_or_register`](Registry::get_or_register) stay for good; one that
/// was put in by [`register`](Registry::register) is kept alive until it is [taken out](Registry::unregister).
///
/// # Environment
///
/// Breakers and registries are memory of their process and nothing else: no thread, no timer, no file.
///
/// - **Fork.** The child has a copy of every breaker, which goes its own way from there. As for every lock, fork while no
///   other thread makes calls, or call `exec` next: a lock that another thread holds at that instant stays locked in the
///   child.
/// - **The end of a thread or process.** Breakers may be used in destructors of thread-locals, and on other threads while
///   the process exits. Statics are never dropped, so nothing happens to the breakers of annotated functions.
/// - **Two versions of this crate** in one program have a global registry each: breakers of one name in both know nothing
///   of each other.
/// - **Targets.** The standard library and 64-bit atomics are required; without the latter the crate does not compile, and
///   says so. `no_std` is not supported, nor is `wasm32-unknown-unknown`, whose standard library has no clock.
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    entries: RwLock<Entries>,
    listeners: Arc<Listeners>,
}

#[derive(Debug, Default)]
struct Entries {
    by_name: BTreeMap<Name, Entry>,
    budgets: BTreeMap<Name, BudgetEntry>,
    overrides: Overrides,
    /// Of breakers to come.
    clock: Source,
    /// Of the overrides: settings of an older one change nothing.
    version: u64,
}

/// Of settings: one count for all registries, since a breaker can go from one into another. To be called under the
/// registry's lock.
fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Relaxed)
}

#[derive(Debug)]
struct Entry {
    member: Member,
    /// As it was declared: what a second declaration is compared with, and what overrides start from.
    config: BreakerConfig,
    place: &'static Location<'static>,
    conflict_told: bool,
}

/// The name is taken by something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTakenError {
    name: Name,
    what: &'static str,
}

impl NameTakenError {
    fn by_breaker(name: Name) -> Self {
        Self {
            name,
            what: "circuit breaker",
        }
    }

    fn by_budget(name: Name) -> Self {
        Self {
            name,
            what: "retry budget",
        }
    }
}

impl fmt::Display for NameTakenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "another {} is registered as {}: give this one another name",
            self.what,
            self.name.quoted()
        )
    }
}

impl std::error::Error for NameTakenError {}

impl Registry {
    /// An empty registry of one's own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The one that the attributes use. There is one a version of this crate in a process: two versions linked into one
    /// program have a registry each, and breakers of one name in both.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(Registry::new);
        &GLOBAL
    }

    /// Tells those who listen to all of the registry. To be called under no lock.
    pub(crate) fn tell(&self, event: &Event) {
        telemetry::event(event);
        self.0.listeners.tell(event);
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn is_global(&self) -> bool {
        Arc::ptr_eq(&self.0, &Self::global().0)
    }

    /// Gives this clock to breakers that are registered from now on, those of annotated functions among them. Breakers that
    /// exist keep theirs.
    pub fn use_clock(&self, clock: impl Clock) {
        let clock = Source::of(clock);
        let old = std::mem::replace(&mut self.write().clock, clock);
        // Its drop is foreign code: not under the lock.
        drop(old);
    }

    /// The breaker of this name. `None` for a name that has one for each key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        match &self.read().by_name.get(name)?.member {
            Member::One(breaker) => Some(breaker.clone()),
            Member::Keyed(_) => None,
        }
    }

    /// The keyed breakers of this name and type of key.
    #[must_use]
    pub fn get_keyed<K: BreakerKey>(&self, name: &str) -> Option<KeyedBreakers<K>> {
        let group = self.read().by_name.get(name)?.member.keyed::<K>()?;
        Some(KeyedBreakers::of(group))
    }

    /// The breaker of this name, made with `config` if there is none. However many threads ask at once, there is one.
    ///
    /// If it was declared with other settings before, those hold, and the conflict is told once: as
    /// [`EventKind::Conflict`](crate::EventKind::Conflict), and as a warning with the feature `tracing`. If the name has a
    /// breaker for each key, the conflict is told, too, and this one is registered under the name and the place of the
    /// call.
    #[track_caller]
    #[must_use]
    pub fn get_or_register(&self, name: &str, config: BreakerConfig) -> CircuitBreaker {
        if let Some(entry) = self.read().by_name.get(name) {
            if let Member::One(breaker) = &entry.member {
                if entry.config == config {
                    return breaker.clone();
                }
            }
        }
        let declared = Declared::by_hand(name, config);
        let found = self.declare(declared, self.clocked(), Member::one, |setup| {
            let breaker = CircuitBreaker::build(setup);
            (Member::One(breaker.clone()), breaker)
        });
        found.tell()
    }

    /// The breakers of this name, one for each key, declared with `config` if there are none.
    ///
    /// What is said of other settings at [`get_or_register`](Registry::get_or_register) holds here, too. A name that has a
    /// single breaker, or keys of another type, is a conflict as well: these are then registered under the name and the
    /// place of the call.
    #[track_caller]
    #[must_use]
    pub fn get_or_register_keyed<K: BreakerKey>(
        &self,
        name: &str,
        config: BreakerConfig,
    ) -> KeyedBreakers<K> {
        let declared = Declared::by_hand(name, config);
        KeyedBreakers::of(self.declare_keyed(declared))
    }

    pub(crate) fn declare_keyed<K: BreakerKey>(&self, declared: Declared) -> Arc<Group<K>> {
        let found = self.declare(declared, self.clocked(), Member::keyed::<K>, |setup| {
            let group = Arc::new(Group::<K>::with_setup(setup));
            let member: Arc<dyn KeyedMember> = group.clone();
            (Member::Keyed(member), group)
        });
        found.tell()
    }

    /// Puts a breaker that somebody else owns under its name.
    ///
    /// # Errors
    ///
    /// [`NameTakenError`], if another breaker has the name. To register the same one twice is none. The breaker of one key is
    /// registered with all of its name: see [`register_keyed`](Registry::register_keyed).
    #[track_caller]
    pub fn register(&self, breaker: &CircuitBreaker) -> Result<(), NameTakenError> {
        let name = breaker.shared_name();
        if name.key().is_some() {
            return Err(NameTakenError::by_breaker(name));
        }
        let member = Member::One(breaker.clone());
        self.put(name, &member, breaker.config())
    }

    /// The same with breakers for keys.
    ///
    /// # Errors
    ///
    /// As for a single one.
    #[track_caller]
    pub fn register_keyed<K: BreakerKey>(
        &self,
        breakers: &KeyedBreakers<K>,
    ) -> Result<(), NameTakenError> {
        let group = Arc::clone(breakers.group());
        let config = (*group.config()).clone();
        let name = group.name().clone();
        self.put(name, &Member::Keyed(group), config)
    }

    #[track_caller]
    fn put(
        &self,
        name: Name,
        member: &Member,
        config: BreakerConfig,
    ) -> Result<(), NameTakenError> {
        let place = Location::caller();
        let mut entries = self.write();
        match entries.by_name.get(&name) {
            Some(taken) if taken.member.is(member) => return Ok(()),
            Some(_) => return Err(NameTakenError::by_breaker(name)),
            None => {}
        }
        let (settings, errors) = entries.settings_leniently(&name, &config);
        let entry = Entry {
            member: member.clone(),
            config,
            place,
            conflict_told: false,
        };
        let is_overridden = settings.mode.is_some() || *settings.config != entry.config;
        let settings = Settings {
            version: next_version(),
            ..settings
        };
        entries.by_name.insert(name, entry);
        // Under the lock, so that being in the registry and being heard there are one. Keyed ones are never taken out.
        if let Member::One(breaker) = member {
            breaker.join(&self.0.listeners);
        }
        drop(entries);
        if let Member::Keyed(group) = member {
            group.join(&self.0.listeners);
        }
        if is_overridden {
            member.reconfigure(settings);
        }
        member.tell(errors);
        Ok(())
    }

    /// Takes a breaker out of the registry, so that its name is free; whoever has a handle may go on to use it, under the
    /// settings of its code. `false` if it is not there. A breaker of an annotated function stays, since its function goes
    /// on to use it.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes one rarely asks whether it was there"
    )]
    pub fn unregister(&self, breaker: &CircuitBreaker) -> bool {
        if breaker.is_of_function() {
            return false;
        }
        let mut entries = self.write();
        let name = breaker.shared_name();
        let is_there = entries
            .by_name
            .get(&name)
            .is_some_and(|entry| entry.member.is(&Member::One(breaker.clone())));
        let removed = is_there.then(|| entries.by_name.remove(&name)).flatten();
        let version = next_version();
        if is_there {
            breaker.leave(&self.0.listeners);
        }
        drop(entries);
        let Some(entry) = removed else { return false };
        breaker.reconfigure(Settings {
            config: entry.config.into_shared(),
            mode: None,
            version,
        });
        true
    }

    /// All breakers, ordered by name; those of a name with keys in no order.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        self.all().breakers()
    }

    /// What there is to know about all breakers, ordered by name and key.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        self.all().snapshot()
    }

    /// The breaker of this name, or all its keys'; nothing if there is none.
    #[must_use]
    pub fn named(&self, name: &str) -> Selection {
        self.select(|each| each == name)
    }

    /// Those whose names begin with `prefix`.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Selection {
        self.select(|name| name.starts_with(prefix))
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Selection {
        self.select(|_| true)
    }

    fn select(&self, is_wanted: impl Fn(&str) -> bool) -> Selection {
        let entries = self.read();
        let wanted = entries.by_name.iter().filter(|(name, _)| is_wanted(name));
        Selection::of(wanted.map(|(name, entry)| (name.clone(), entry.member.clone())))
    }

    /// Calls `listener` with every event of every breaker that is or will be here. See
    /// [`CircuitBreaker::on_event`].
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.0.listeners.add(listener)
    }

    /// Removes a listener; `false` if it is not there.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes one rarely asks whether it was there"
    )]
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        self.0.listeners.remove(id)
    }

    /// The events of all breakers from now on, for a task to await; see [`Subscription`].
    #[must_use]
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        Subscription::to(&self.0.listeners, capacity)
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0
            .entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0
            .entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
