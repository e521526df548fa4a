//! Removes breakers, groups, budgets and retries from the registry.

use std::sync::Arc;

use super::{Entry, Hold, Registry, next_version};
use crate::breaker::CircuitBreaker;
use crate::breaker::shared::LiveSettings;
use crate::keyed::{BreakerKey, KeyedBreakers};
use crate::retry::{LiveBudgetSettings, NamedRetry, RetryBudget, RetryRecord};

/// # Removal
///
/// Code can remove what it registered, by handle or by name: a breaker, a group of keyed breakers,
/// the breaker of one key, a budget, or a retry. Each of these methods returns whether it
/// removed something. After a removal:
///
/// - The name is free. The next registration makes a new breaker or budget with the settings that
///   it gives.
/// - Handles of the removed item continue to work. The item keeps its state, streak and tokens, and
///   has the settings of the code. Calls through these handles count only in the removed item. So
///   while they are in use, two breakers of one name can protect one dependency; remove an item
///   when its callers are gone.
/// - Overrides, operations by name, and listeners and metrics of the registry no longer reach the
///   removed item. An override of the name stays, and applies to the next registration.
///
/// These methods do not remove an item of an annotated function, since the function continues to
/// use it. An item of a [`Lease`](super::Lease) leaves without these methods.
impl Registry {
    // G8: what was registered can be removed.
    /// Removes a breaker and frees its name. Returns `false` if this registry does not hold this
    /// breaker, or if an annotated function uses it.
    ///
    /// The breaker of a single key leaves its group, even if an annotated function uses the group:
    /// see [`KeyedBreakers::remove`].
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister(&self, breaker: &CircuitBreaker) -> bool {
        let name = breaker.shared().name();
        if name.key().is_some() {
            let known = self.read().by_name.get(&**name).map(|known| known.item.clone());
            return known.is_some_and(|entry| entry.remove_key_of(breaker));
        }
        self.remove(name, |known| known.is(&Entry::One(breaker.clone())))
    }

    /// Removes a group of keyed breakers, with all keys, and frees its name. Returns `false` if
    /// this registry does not hold this group, or if an annotated function uses it.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister_keyed<K: BreakerKey>(&self, breakers: &KeyedBreakers<K>) -> bool {
        self.remove(breakers.name(), |known| known.is(&Entry::Keyed(breakers.group().clone())))
    }

    /// Removes the breaker of this name and frees the name. If the name has a breaker for each key,
    /// removes the breakers of all keys. Returns `false` if the name is unknown, or if an annotated
    /// function uses it.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister_by_name(&self, name: &str) -> bool {
        self.remove(name, |_| true)
    }

    /// Removes a retry budget and frees its name. Returns `false` if this registry does not hold
    /// this budget, or if an annotated function names it.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister_budget(&self, budget: &RetryBudget) -> bool {
        self.remove_budget(budget.name(), |known| known.is(budget))
    }

    /// Removes the retry budget of this name and frees the name. Returns `false` if the name is
    /// unknown, or if an annotated function names it.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister_budget_by_name(&self, name: &str) -> bool {
        self.remove_budget(name, |_| true)
    }

    /// Removes a retry and frees its name. Returns `false` if this registry does not hold this
    /// retry, or if an annotated function has the name.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister_retry(&self, retry: &NamedRetry) -> bool {
        self.remove_retry(retry.name(), |known| retry.is(known))
    }

    /// Removes the retry of this name and frees the name. Returns `false` if the name is unknown,
    /// or if an annotated function has it.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister_retry_by_name(&self, name: &str) -> bool {
        self.remove_retry(name, |_| true)
    }

    fn remove_retry(&self, name: &str, is_wanted: impl Fn(&Arc<RetryRecord>) -> bool) -> bool {
        let mut entries = self.write();
        let known = entries.retries.get(name);
        let may_go =
            known.is_some_and(|known| known.hold < Hold::Function && is_wanted(&known.record));
        let removed = if may_go { entries.retries.remove(name) } else { None };
        let Some(removed) = removed else { return false };
        // As for budgets, the lock keeps a later override from being applied before this change.
        removed.record.reconfigure(None);
        true
    }

    fn remove(&self, name: &str, is_wanted: impl Fn(&Entry) -> bool) -> bool {
        let mut entries = self.write();
        let known = entries.by_name.get(name);
        let may_go =
            known.is_some_and(|known| known.hold < Hold::Function && is_wanted(&known.item));
        let removed = if may_go { entries.by_name.remove(name) } else { None };
        let Some(removed) = removed else { return false };
        let version = next_version();
        removed.item.leave(self.listeners());
        drop(entries);
        let settings = LiveSettings::of_code(removed.declared.config, removed.declared.place);
        removed.item.reconfigure(settings.with_version(version));
        true
    }

    fn remove_budget(&self, name: &str, is_wanted: impl Fn(&RetryBudget) -> bool) -> bool {
        let mut entries = self.write();
        let known = entries.budgets.get(name);
        let may_go =
            known.is_some_and(|known| known.hold < Hold::Function && is_wanted(&known.item));
        let removed = if may_go { entries.budgets.remove(name) } else { None };
        let Some(removed) = removed else { return false };
        // Budgets run no user code, so they may be changed under the lock. The lock keeps a later
        // override from being applied before this change.
        let settings = LiveBudgetSettings::of_code(removed.declared.config, removed.declared.place);
        removed.item.reconfigure(settings);
        true
    }
}
