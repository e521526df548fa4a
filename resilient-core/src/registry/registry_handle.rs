//! The public handle of a registry, and its queries.

use std::sync::{Arc, LazyLock};

#[cfg(feature = "metrics")]
use super::released::Released;
use super::{Entries, Selection};
use crate::breaker::{BreakerSnapshot, CircuitBreaker};
use crate::event::{Event, Listeners, event_methods, global_listeners};
use crate::keyed::{BreakerKey, KeyedBreakers};
#[cfg(feature = "metrics")]
use crate::platform::{Mutex, MutexGuard};
use crate::platform::{RwLock, RwLockReadGuard, RwLockWriteGuard, unpoisoned};
use crate::telemetry;
use crate::time::{Clock, ClockSource};

/// Breakers and retry budgets by name. Clones are handles of the same registry.
///
/// The breaker of a `#[circuit_breaker]` enters the [global](Registry::global) registry at the
/// first call of its function. Functions with the same `name` share one breaker.
///
/// ```
/// use resilient_core::breaker::BreakerConfig;
/// use resilient_core::registry::Registry;
///
/// let registry = Registry::new();
/// let payments = registry.get_or_register("payments", BreakerConfig::default());
///
/// // Elsewhere, an operator:
/// registry.get("payments").unwrap().force_open();
/// assert!(payments.try_acquire().is_err());
/// ```
///
/// The breakers of annotated functions stay for the life of the process. Items that code registers
/// stay until code [removes](#removal) them. Items that code [leases](Registry::lease) leave when
/// their last handle is dropped.
///
/// # Environment
///
/// Breakers and registries exist only in the memory of their process. They use no thread, timer or
/// file.
///
/// - **Fork.** The child has an independent copy of every breaker. As with every lock, fork while
///   no other thread makes calls, or call `exec` next: a lock that another thread holds at that
///   instant stays locked in the child.
/// - **The end of a thread or process.** Breakers may be used in destructors of thread-locals, and
///   on other threads while the process exits. The breakers of annotated functions are statics,
///   which are never dropped.
/// - **Two versions of this crate** in one program have a global registry each. Breakers with the
///   same name in both registries are independent.
/// - **Targets.** The standard library and 64-bit atomics are required; without 64-bit atomics the
///   crate does not compile. `no_std` is not supported, nor is `wasm32-unknown-unknown`, whose
///   standard library has no clock.
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    entries: RwLock<Entries>,
    listeners: Arc<Listeners>,
    #[cfg(feature = "metrics")]
    released: Mutex<Released>,
}

impl Registry {
    /// Makes an empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the registry that the attributes use. A process has one global registry for each
    /// version of this crate.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(|| {
            Registry(Arc::new(Shared {
                listeners: Arc::clone(global_listeners()),
                ..Shared::default()
            }))
        });
        &GLOBAL
    }

    /// Logs an event, and notifies the listeners of the registry. The caller must hold no lock.
    pub(super) fn notify(&self, event: &Event) {
        telemetry::event(event);
        self.0.listeners.notify(event);
    }

    #[cfg(any(feature = "inventory", feature = "metrics"))]
    pub(crate) fn is_global(&self) -> bool {
        Arc::ptr_eq(&self.0, &Self::global().0)
    }

    /// Sets the clock for breakers that are registered from now on, including breakers of annotated
    /// functions. Present breakers keep their clock.
    pub fn use_clock(&self, clock: impl Clock) {
        let clock = ClockSource::of(clock);
        let old = std::mem::replace(&mut self.write().clock, clock);
        // Dropping the clock runs user code, so it happens outside the lock.
        drop(old);
    }

    /// Returns the breaker of this name, or `None` if the name has a breaker for each key.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        self.read().by_name.get(name)?.item.one()
    }

    /// Returns the keyed breakers of this name, if `K` is the type of their keys.
    #[must_use]
    pub fn get_keyed<K: BreakerKey>(&self, name: &str) -> Option<KeyedBreakers<K>> {
        let group = self.read().by_name.get(name)?.item.keyed::<K>()?;
        Some(KeyedBreakers::of(group))
    }

    // G5: queries and commands work by name, by prefix and for all breakers.
    /// Returns all breakers, ordered by name. The keyed breakers of one name are in no order.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        self.all().breakers()
    }

    /// Returns the snapshots of all breakers, ordered by name and key.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        self.all().snapshot()
    }

    /// Selects the breaker of this name, or the breakers of all its keys. The selection is empty if
    /// the name is unknown.
    #[must_use]
    pub fn named(&self, name: &str) -> Selection {
        self.select(|each| each == name)
    }

    /// Selects the breakers whose names begin with `prefix`.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Selection {
        self.select(|name| name.starts_with(prefix))
    }

    /// Selects all breakers.
    #[must_use]
    pub fn all(&self) -> Selection {
        self.select(|_| true)
    }

    fn select(&self, is_wanted: impl Fn(&str) -> bool) -> Selection {
        let entries = self.read();
        let wanted = entries.by_name.iter().filter(|(name, _)| is_wanted(name));
        let entries = wanted.map(|(name, entry)| (name.clone(), entry.item.clone())).collect();
        Selection { entries }
    }

    event_methods! {
        |self| &self.0.listeners;
        /// Calls `listener` with every event of every present and future breaker. See
        /// [`CircuitBreaker::on_event`].
        fn on_event;
        /// Returns a subscription to the events of all breakers from now on. A task can await it;
        /// see [`Subscription`](crate::event::Subscription).
        fn subscribe;
    }

    pub(super) fn listeners(&self) -> &Arc<Listeners> {
        &self.0.listeners
    }

    /// Locks the totals of released names. User code must not run under this lock.
    #[cfg(feature = "metrics")]
    pub(crate) fn released(&self) -> MutexGuard<'_, Released> {
        unpoisoned(self.0.released.lock())
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Entries> {
        unpoisoned(self.0.entries.read())
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        unpoisoned(self.0.entries.write())
    }
}
