//! Retry budgets by name.

use std::panic::Location;

use super::{BudgetEntry, BudgetRegistration, NameTakenError, Registry};
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
        entries.budgets.get(name).map(|entry| entry.budget.clone())
    }

    /// Returns the retry budget of this name, and makes it with `config` if the name is new. If
    /// many threads ask at once, all of them receive the same budget.
    ///
    /// If code registered the name with other settings before, the earlier settings apply. The
    /// conflict is reported once: as [`EventKind::Conflict`], and as a warning with the feature
    /// `tracing`.
    ///
    /// A function under `#[retry(budget = "…")]` names a budget without settings. If the function
    /// is called first, the budget starts with the defaults. The first registration with settings
    /// replaces the defaults later. The budget then has as many tokens as if it had started with
    /// the new settings.
    #[track_caller]
    #[must_use]
    pub fn get_or_register_budget(&self, name: &str, config: BudgetConfig) -> RetryBudget {
        if let Some(entry) = self.read().budgets.get(name) {
            if !entry.registration.is_assumed && entry.registration.config == config {
                return entry.budget.clone();
            }
        }
        let registration =
            BudgetRegistration { config, is_assumed: false, place: Location::caller() };
        self.register_named_budget(Name::from(name.to_owned()), registration)
    }

    /// Returns the budget that a call site names without settings.
    pub(crate) fn assume_budget(
        &self,
        name: &'static str,
        place: &'static Location<'static>,
    ) -> RetryBudget {
        let registration =
            BudgetRegistration { config: BudgetConfig::default(), is_assumed: true, place };
        self.register_named_budget(Name::Static(name), registration)
    }

    fn register_named_budget(&self, name: Name, registration: BudgetRegistration) -> RetryBudget {
        let mut entries = self.write();
        let (config, invalid) = entries.budget_settings(&name, &registration.config);
        let Some(entry) = entries.budgets.get_mut(&name) else {
            let budget = RetryBudget::with_name(name.clone(), config);
            let entry = BudgetEntry::new(budget.clone(), registration);
            entries.budgets.insert(name, entry);
            drop(entries);
            self.notify_budget(&budget, invalid);
            return budget;
        };
        let budget = entry.budget.clone();
        let events = entry.merge(registration, config, invalid);
        drop(entries);
        self.notify_budget(&budget, events);
        budget
    }

    /// Registers a budget under its name, for overrides, snapshots and metrics. The budget stays
    /// for the life of the registry.
    ///
    /// # Errors
    ///
    /// Returns a [`NameTakenError`] if another budget has the name. The first call of a function
    /// that names a budget creates the budget. So register before that call, or use
    /// [`get_or_register_budget`](Registry::get_or_register_budget). Registering the same budget
    /// twice is not an error.
    #[track_caller]
    pub fn register_budget(&self, budget: &RetryBudget) -> Result<(), NameTakenError> {
        let registration = BudgetRegistration {
            config: budget.config(),
            is_assumed: false,
            place: Location::caller(),
        };
        let name = budget.shared_name();
        let mut entries = self.write();
        match entries.budgets.get(&name) {
            Some(taken) if taken.budget.is(budget) => return Ok(()),
            Some(_) => {
                return Err(NameTakenError { name, what: "retry budget" });
            }
            None => {}
        }
        let (config, mut events) = entries.budget_settings(&name, &registration.config);
        let entry = BudgetEntry::new(budget.clone(), registration);
        entries.budgets.insert(name, entry);
        if budget.reconfigure(config) {
            events.push(EventKind::SettingsChanged);
        }
        drop(entries);
        self.notify_budget(budget, events);
        Ok(())
    }

    /// Returns the snapshots of all retry budgets, ordered by name.
    #[must_use]
    pub fn budgets(&self) -> Vec<BudgetSnapshot> {
        let entries = self.read();
        let budgets: Vec<_> = entries.budgets.values().map(|entry| entry.budget.clone()).collect();
        drop(entries);
        budgets.iter().map(RetryBudget::snapshot).collect()
    }

    /// Reports events of a budget. The caller must hold no lock.
    pub(super) fn notify_budget(&self, budget: &RetryBudget, kinds: Vec<EventKind>) {
        for kind in kinds {
            self.notify(&Event::of_budget(budget.shared_name(), kind));
        }
    }
}
