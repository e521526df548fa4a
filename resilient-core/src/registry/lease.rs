//! Registrations that end when their last handle is dropped.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;

use super::declared::{Declared, NamedEntry};
use super::{Entries, Hold, Registration, Registry, RetryEntry};
use crate::breaker::{BreakerConfig, CircuitBreaker};
use crate::keyed::{BreakerKey, KeyedBreakers, KeyedEntry};
use crate::platform::contain;
use crate::retry::{BudgetConfig, NamedRetry, RetryBudget, RetryPolicy};
use crate::signal::Name;
use crate::time;

/// A registered breaker, group, budget or retry that leaves its registry when its last handle is
/// dropped.
///
/// A client that is made and dropped many times leases what it registers, so that the registry does
/// not grow with the number of clients. A lease dereferences to the handle.
///
/// When a lease is dropped, the item leaves the registry if it is in use nowhere else and is like a
/// new one:
///
/// - no other handle of it exists, neither a lease nor a [`CircuitBreaker`], and no reservation of
///   a budget is waiting;
/// - a breaker is closed, without a streak, and without failed and slow calls in its window; a
///   group has only such breakers and no mode for future keys;
/// - no override gives the name a mode: a new item would start in the mode again, even if the mode
///   has ended, or if an operator has closed the breaker by hand since;
/// - a budget has at least its initial tokens;
/// - the last failed attempt of a retry is at least ten minutes old, so that operators still find
///   the failures of a client that is made for each call.
///
/// Otherwise the item stays, and the next lease of the name refers to the same item. So a client
/// that is made for each call still opens its circuit and still drains its budget. An item that
/// stayed can leave later: when the next lease of its name is dropped, or when a lease of another
/// name is made. Each new lease checks a few names; there is no background task.
///
/// A name also stays if other code registers it or if an annotated function uses it. Code can
/// [unregister](Registry::unregister_by_name) it at any time.
///
/// The listeners, totals and history of an item leave with it. To receive the events of every
/// breaker, add a listener to the registry. Overrides stay, and apply to the next item of the name.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitState};
/// use resilient_core::registry::Registry;
/// use resilient_core::signal::Outcome;
///
/// let registry = Registry::new();
/// let strict = BreakerConfig::builder().failure_threshold(2).build()?;
///
/// let payments = registry.lease("payments", strict.clone());
/// payments.try_acquire().unwrap().report(Outcome::Success);
/// drop(payments);
/// assert!(registry.get("payments").is_none());
///
/// for _ in 0..2 {
///     let payments = registry.lease("payments", strict.clone());
///     payments.try_acquire().unwrap().report(Outcome::Failure);
/// }
/// assert_eq!(registry.get("payments").unwrap().state(), CircuitState::Open);
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Lease<T> {
    // The fields are dropped in this order: this handle must be gone when `EndOfLease` counts the
    // handles.
    handle: T,
    _end: EndOfLease,
}

/// When this value is dropped, it asks the registry to release the name.
#[derive(Clone)]
struct EndOfLease {
    registry: Registry,
    name: Name,
    release: fn(&Registry, &Name),
}

impl Drop for EndOfLease {
    fn drop(&mut self) {
        (self.release)(&self.registry, &self.name);
    }
}

impl<T> Deref for Lease<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.handle
    }
}

impl<T: fmt::Debug> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(&self.handle).finish()
    }
}

impl Registry {
    /// Returns the breaker of this name, and makes it with `config` if the name is new. The breaker
    /// leaves the registry when its last handle is dropped: see [`Lease`].
    ///
    /// If no setting of `config` was given, as in [`BreakerConfig::default`], the lease only names
    /// the breaker and accepts the settings of other code: a client passes on the settings of its
    /// user, who may have set nothing. A [`provisional`] `config` applies until other code gives
    /// settings. Given settings have the same effect as in
    /// [`get_or_register`](Registry::get_or_register).
    ///
    /// [`provisional`]: BreakerConfig::provisional
    #[track_caller]
    pub fn lease(&self, name: &str, config: BreakerConfig) -> Lease<CircuitBreaker> {
        let breaker = self.register_breaker(Registration::of_lease(name, config));
        let name = breaker.shared().name().clone();
        self.leased(breaker, name, Self::release_breakers)
    }

    /// Returns the breakers of this name, one for each key, and registers them with `config` if the
    /// name is new. The group leaves the registry when its last handle is dropped: see [`Lease`]. A
    /// `config` without settings only names the group, as with [`lease`](Registry::lease).
    #[track_caller]
    pub fn lease_keyed<K: BreakerKey>(
        &self,
        name: &str,
        config: BreakerConfig,
    ) -> Lease<KeyedBreakers<K>> {
        let group = self.register_group(Registration::of_lease(name, config));
        let name = group.name().clone();
        self.leased(KeyedBreakers::of(group), name, Self::release_breakers)
    }

    /// Returns the retry budget of this name, and makes it with `config` if the name is new. The
    /// budget leaves the registry when its last handle is dropped: see [`Lease`]. A `config`
    /// without settings only names the budget, as with [`lease`](Registry::lease).
    #[track_caller]
    pub fn lease_budget(&self, name: &str, config: BudgetConfig) -> Lease<RetryBudget> {
        let declared = Declared::new(config, config.gives_settings(), Location::caller());
        let name = Name::from(name.to_owned());
        let budget = self.register_named_budget(name.clone(), declared, Hold::Lease);
        self.leased(budget, name, Self::release_budget)
    }

    /// Returns the retry of this name with this policy, and registers the name if it is new. The
    /// name leaves the registry when its last handle is dropped: see [`Lease`]. As with
    /// [`get_or_register_retry`](Registry::get_or_register_retry), the handle keeps `policy`.
    #[track_caller]
    pub fn lease_retry(&self, name: &str, policy: RetryPolicy) -> Lease<NamedRetry> {
        let retry = self.register_retry_by_hand(name, policy, Hold::Lease);
        let name = retry.record().name().clone();
        self.leased(retry, name, Self::release_retry)
    }

    pub(super) fn leased<T>(&self, handle: T, name: Name, release: fn(&Self, &Name)) -> Lease<T> {
        let lease = Lease { handle, _end: EndOfLease { registry: self.clone(), name, release } };
        self.sweep();
        lease
    }

    // G8: a leased item leaves when its last handle is dropped, if it is like a new one.
    /// Removes a leased breaker or group that no handle uses and that is like a new one. The check
    /// and the removal happen under one lock, and each look-up takes a handle under that lock. So
    /// no caller keeps a handle of a removed item.
    pub(super) fn release_breakers(&self, name: &Name) {
        let leased = self
            .read()
            .by_name
            .get(name)
            .filter(|known| known.is_leased())
            .map(|known| known.item.clock());
        // The clock may be user code, so it is read without the lock.
        let Some(now) = leased.and_then(|clock| clock.now()) else {
            return;
        };
        let mut entries = self.write();
        let Entries { by_name, index, .. } = &mut *entries;
        // A new item, or a key of a new group, would start in the mode of the override. It would
        // not know that the mode has ended, or that an operator has left it by hand.
        let is_unused = by_name.get_mut(name).is_some_and(|known| match known.hold {
            Hold::Owner => known.item.is_only_handle(),
            Hold::Lease => {
                !index.has_mode(name, known.item.is_keyed()) && known.item.is_unused(now)
            }
            Hold::Code | Hold::Function => false,
        });
        let released = if is_unused { entries.by_name.remove(name) } else { None };
        drop(entries);
        #[cfg(feature = "metrics")]
        if let Some(released) = &released {
            let summary = released.item.summary();
            self.released().add_breakers(name, &summary);
        }
        // Dropping keys, listeners and clocks runs user code.
        contain(|| drop(released));
    }

    pub(super) fn release_budget(&self, name: &Name) {
        let mut entries = self.write();
        let known = entries.budgets.get_mut(name);
        let is_unused = known.is_some_and(|known| match known.hold {
            Hold::Owner => known.item.is_only_handle(),
            Hold::Lease => known.item.is_unused(),
            Hold::Code | Hold::Function => false,
        });
        let released = if is_unused { entries.budgets.remove(name) } else { None };
        drop(entries);
        #[cfg(feature = "metrics")]
        if let Some(released) = &released {
            self.released().add_budget(name, &released.item.snapshot().counts);
        }
        drop(released);
    }

    pub(super) fn release_retry(&self, name: &Name) {
        let now = time::now();
        let mut entries = self.write();
        let known = entries.retries.get_mut(name);
        let is_unused = known.is_some_and(|known| known.is_leased() && known.is_unused(now));
        let released = if is_unused { entries.retries.remove(name) } else { None };
        drop(entries);
        #[cfg(feature = "metrics")]
        if let Some(released) = &released {
            self.released().add_retry(name, &released.record.totals());
        }
        drop(released);
    }

    /// Checks a few leased names that could not be released when their last lease ended, because
    /// they were in use or had failures. Releases them if that is possible now.
    fn sweep(&self) {
        let mut guard = self.write();
        let entries = &mut *guard;
        let breakers = entries.swept.breakers.next(&entries.by_name, NamedEntry::is_leased);
        let budgets = entries.swept.budgets.next(&entries.budgets, NamedEntry::is_leased);
        let retries = entries.swept.retries.next(&entries.retries, RetryEntry::is_leased);
        drop(guard);
        for name in &breakers {
            self.release_breakers(name);
        }
        for name in &budgets {
            self.release_budget(name);
        }
        for name in &retries {
            self.release_retry(name);
        }
    }
}
