//! Retry budgets by name.

use std::panic::Location;

use super::declared::{Declared, Hold, Merged};
use super::{BudgetEntry, NameTakenError, Registry};
use crate::event::{Event, EventKind};
use crate::retry::{BudgetConfig, BudgetSnapshot, RetryBudget};
use crate::signal::Name;

/// Budgets and breakers have separate names: a budget and a breaker may share a name.
impl Registry {
    /// Returns the retry budget of this name.
    ///
    /// ```
    /// use resilient_core::registry::Registry;
    /// use resilient_core::retry::BudgetConfig;
    ///
    /// let registry = Registry::new();
    /// let payments = registry.get_or_register_budget("payments", BudgetConfig::default());
    /// assert_eq!(registry.budget("payments").unwrap().tokens(), payments.tokens());
    /// assert!(registry.budget("search").is_none());
    /// ```
    #[must_use]
    pub fn budget(&self, name: &str) -> Option<RetryBudget> {
        let entries = self.read();
        entries.budgets.get(name).map(|entry| entry.item.clone())
    }

    /// Returns the retry budget of this name, and makes it with `config` if the name is new. If
    /// many threads ask at once, all of them receive the same budget.
    ///
    /// If code registered the name with other settings before, the earlier settings apply. The
    /// conflict is reported once: as [`EventKind::Conflict`], and as a warning with the feature
    /// `tracing`.
    ///
    /// A function under `#[retry(budget = "…")]` names a budget without settings. If its first call
    /// comes before any registration with settings, the budget starts with the defaults. The first
    /// registration with settings then replaces the defaults, and the budget has as many tokens as
    /// if it had started with the new settings. `config` counts as settings, even if it holds only
    /// defaults.
    ///
    /// The budget stays in the registry until code [unregisters](Registry::unregister_budget) it.
    /// For a budget that leaves the registry when its last handle is dropped, see
    /// [`Registry::lease_budget`].
    #[track_caller]
    #[must_use]
    pub fn get_or_register_budget(&self, name: &str, config: BudgetConfig) -> RetryBudget {
        if let Some(entry) = self.read().budgets.get(name) {
            if entry.hold >= Hold::Code && entry.declared.has(&config) {
                return entry.item.clone();
            }
        }
        let declared = Declared::new(config, true, Location::caller());
        self.register_named_budget(Name::from(name.to_owned()), declared, Hold::Code)
    }

    /// Returns the budget that a call site names without settings.
    pub(crate) fn assume_budget(
        &self,
        name: &'static str,
        place: &'static Location<'static>,
    ) -> RetryBudget {
        let declared = Declared::new(BudgetConfig::default(), false, place);
        self.register_named_budget(Name::Static(name), declared, Hold::Function)
    }

    pub(super) fn register_named_budget(
        &self,
        name: Name,
        declared: Declared<BudgetConfig>,
        hold: Hold,
    ) -> RetryBudget {
        let mut entries = self.write();
        let (settings, invalid) = entries.budget_settings(&name, &declared);
        let Some(entry) = entries.budgets.get_mut(&name) else {
            let budget = RetryBudget::with_name(name.clone(), settings);
            let entry = BudgetEntry { item: budget.clone(), declared, hold };
            entries.budgets.insert(name, entry);
            drop(entries);
            self.notify_budget(&budget, invalid);
            return budget;
        };
        entry.hold = entry.hold.max(hold);
        let budget = entry.item.clone();
        let events = match entry.declared.merge(declared) {
            Merged::Kept => Vec::new(),
            Merged::Conflict(event) => vec![event],
            Merged::Adopted => {
                let mut events = invalid;
                let change = budget.replace_assumed(settings);
                events.extend(change.map(EventKind::SettingsChanged));
                events
            }
        };
        drop(entries);
        self.notify_budget(&budget, events);
        budget
    }

    /// Registers a budget under its name, for overrides, snapshots and metrics. The budget stays
    /// until code [unregisters](Registry::unregister_budget) it.
    ///
    /// # Errors
    ///
    /// Returns a [`NameTakenError`] if another budget has the name. The first call of a function
    /// that names a budget creates the budget. So register before that call, or use
    /// [`get_or_register_budget`](Registry::get_or_register_budget). Registering the same budget
    /// twice is not an error.
    #[track_caller]
    pub fn register_budget(&self, budget: &RetryBudget) -> Result<(), NameTakenError> {
        let declared = Declared::new(budget.config(), true, Location::caller());
        let name = budget.shared_name();
        let mut entries = self.write();
        match entries.budgets.get_mut(&name) {
            Some(taken) if taken.item.is(budget) => {
                taken.hold = taken.hold.max(Hold::Code);
                return Ok(());
            }
            Some(_) => {
                return Err(NameTakenError { name, what: "retry budget" });
            }
            None => {}
        }
        let (settings, mut events) = entries.budget_settings(&name, &declared);
        let entry = BudgetEntry { item: budget.clone(), declared, hold: Hold::Code };
        entries.budgets.insert(name, entry);
        let change = budget.reconfigure(settings);
        events.extend(change.map(EventKind::SettingsChanged));
        drop(entries);
        self.notify_budget(budget, events);
        Ok(())
    }

    /// Returns the snapshots of all retry budgets, ordered by name.
    #[must_use]
    pub fn budgets(&self) -> Vec<BudgetSnapshot> {
        // The snapshots are made under the lock. With handles, a leased budget could stay because
        // its last lease is dropped during a scrape (G8).
        self.read().budgets.values().map(|entry| entry.item.snapshot()).collect()
    }

    /// Reports events of a budget. The caller must hold no lock.
    pub(super) fn notify_budget(&self, budget: &RetryBudget, kinds: Vec<EventKind>) {
        for kind in kinds {
            self.notify(&Event::of_budget(budget.shared_name(), kind));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;

    #[test]
    fn g08_a_budget_leaves_with_its_last_lease_while_another_thread_lists_all_budgets() {
        let (registry, is_done) = (Registry::new(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Relaxed) {
                    let _ = registry.budgets();
                }
            });
            let mut stayed = 0;
            for _ in 0..20_000 {
                drop(registry.lease_budget("search", BudgetConfig::default()));
                stayed += u32::from(registry.budget("search").is_some());
            }
            is_done.store(true, Relaxed);
            assert_eq!(stayed, 0);
        });
    }
}
