//! Names that one owner has alone, such as the names of clients to which code gives no name.

use std::fmt;
use std::panic::Location;

use super::declared::{Declared, Hold};
use super::{Entries, Lease, Registration, Registry};
use crate::breaker::{BreakerConfig, CircuitBreaker};
use crate::keyed::{BreakerKey, KeyedBreakers, KeyedEntry};
use crate::retry::{BudgetConfig, NamedRetry, RetryBudget, RetryPolicy};
use crate::signal::Name;

/// A name that nothing else in a registry has. It is free again when this value is dropped.
///
/// What its owner leases is visible under one name to operators, overrides and metrics. Code and
/// operators that know the name reach it as usual, but no other `UniqueName` is the same.
///
/// A breaker or budget leaves the registry with its last handle, even if it remembers failures: no
/// later owner may find it. A retry stays for ten minutes after its last failure, as with a
/// [`Lease`]. The next owner of the name continues its counts.
///
/// Drop the leases before this value, for example by the order of the fields of a struct. Otherwise
/// the next owner gets the next number.
///
/// ```
/// use resilient_core::breaker::BreakerConfig;
/// use resilient_core::registry::Registry;
///
/// let registry = Registry::new();
/// let first = registry.unique_name("search");
/// let second = registry.unique_name("search");
/// assert_eq!((first.as_str(), second.as_str()), ("search", "search#2"));
///
/// let breaker = second.lease(BreakerConfig::default());
/// assert!(registry.get("search#2").is_some());
/// drop((breaker, second));
/// assert!(registry.get("search#2").is_none());
/// assert_eq!(registry.unique_name("search").as_str(), "search#2");
/// ```
pub struct UniqueName {
    registry: Registry,
    wanted: String,
    number: u64,
    name: Name,
}

fn numbered(wanted: &str, number: u64) -> Name {
    Name::from(if number == 1 { wanted.to_owned() } else { format!("{wanted}#{number}") })
}

impl Registry {
    /// Reserves a name that nothing in this registry has: `wanted`, or else `wanted#2`, `wanted#3`
    /// and so on, with the lowest free number. See [`UniqueName`]. If many threads ask at once,
    /// each receives another name.
    #[must_use]
    pub fn unique_name(&self, wanted: &str) -> UniqueName {
        let mut entries = self.write();
        let mut unique = std::mem::take(&mut entries.unique);
        let number = unique.take(wanted, |number| entries.is_free(&numbered(wanted, number)));
        entries.unique = unique;
        drop(entries);
        let name = numbered(wanted, number);
        UniqueName { registry: self.clone(), wanted: wanted.to_owned(), number, name }
    }
}

impl Entries {
    fn is_free(&self, name: &Name) -> bool {
        #[cfg(feature = "inventory")]
        if self.expected.contains_key(name) {
            return false;
        }
        // The retry of an earlier owner only remembers failures, which change no later call.
        let retry = self.retries.get(name);
        !self.by_name.contains_key(name)
            && !self.budgets.contains_key(name)
            && retry.is_none_or(|retry| retry.hold == Hold::Owner)
    }
}

impl UniqueName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Returns a breaker under this name: see [`Registry::lease`].
    #[track_caller]
    pub fn lease(&self, config: BreakerConfig) -> Lease<CircuitBreaker> {
        let registration = self.registration(config);
        let breaker = self.registry.register_breaker(registration);
        let name = breaker.shared().name().clone();
        self.registry.leased(breaker, name, Registry::release_breakers)
    }

    /// Returns breakers under this name, one for each key: see [`Registry::lease_keyed`].
    #[track_caller]
    pub fn lease_keyed<K: BreakerKey>(&self, config: BreakerConfig) -> Lease<KeyedBreakers<K>> {
        let group = self.registry.register_group(self.registration(config));
        let name = group.name().clone();
        self.registry.leased(KeyedBreakers::of(group), name, Registry::release_breakers)
    }

    /// Returns a retry budget under this name: see [`Registry::lease_budget`].
    #[track_caller]
    pub fn lease_budget(&self, config: BudgetConfig) -> Lease<RetryBudget> {
        let declared = Declared::new(config, config.gives_settings(), Location::caller());
        let budget = self.registry.register_named_budget(self.name.clone(), declared, Hold::Owner);
        self.registry.leased(budget, self.name.clone(), Registry::release_budget)
    }

    /// Returns a retry with this policy under this name: see [`Registry::lease_retry`].
    #[track_caller]
    #[must_use]
    pub fn lease_retry(&self, policy: RetryPolicy) -> Lease<NamedRetry> {
        let retry = self.registry.register_retry_by_hand(&self.name, policy, Hold::Owner);
        self.registry.leased(retry, self.name.clone(), Registry::release_retry)
    }

    #[track_caller]
    fn registration(&self, config: BreakerConfig) -> Registration {
        Registration { hold: Hold::Owner, ..Registration::of_lease(&self.name, config) }
    }
}

impl Drop for UniqueName {
    fn drop(&mut self) {
        self.registry.write().unique.give_back(&self.wanted, self.number);
    }
}

impl fmt::Debug for UniqueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UniqueName").field(&self.name).finish()
    }
}
