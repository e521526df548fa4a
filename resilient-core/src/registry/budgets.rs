//! Retry budgets by name: what code declares, and what operators find.

use std::collections::BTreeMap;
use std::panic::Location;

use super::overrides::{OverrideError, Overrides};
use super::{Entries, NameTakenError, Registry};
use crate::event::{Event, EventKind};
use crate::retry::{BudgetConfig, BudgetSnapshot, RetryBudget};
use crate::signal::Name;

#[derive(Debug)]
pub(super) struct BudgetEntry {
    budget: RetryBudget,
    declared: Declared,
    conflict_told: bool,
}

/// What code says of a name.
#[derive(Debug)]
struct Declared {
    /// What a second declaration is compared with, and what overrides start from.
    config: BudgetConfig,
    /// No code has said anything but the name: the settings are the defaults until some does.
    is_assumed: bool,
    place: &'static Location<'static>,
}

/// Budgets have names of their own: a budget and a breaker of one name have nothing to do with each other.
impl Registry {
    /// The retry budget of this name.
    ///
    /// ```
    /// use resilient_core::{BudgetConfig, Registry};
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

    /// The retry budget of this name, made with `config` if there is none. However many threads ask at once, there is one.
    ///
    /// If code declared it with other settings before, those hold, and the conflict is told once: as
    /// [`EventKind::Conflict`], and as a warning with the feature `tracing`.
    ///
    /// A function under `#[retry(budget = "…")]` names a budget without settings, which begins with the defaults if it is
    /// called before any code declares that name. The first declaration wins over those, at whatever time it comes: the
    /// budget that the function uses goes on with its settings, and with as many tokens as if it had begun with them.
    #[track_caller]
    #[must_use]
    pub fn get_or_register_budget(&self, name: &str, config: BudgetConfig) -> RetryBudget {
        if let Some(entry) = self.read().budgets.get(name) {
            if !entry.declared.is_assumed && entry.declared.config == config {
                return entry.budget.clone();
            }
        }
        let declared = Declared {
            config,
            is_assumed: false,
            place: Location::caller(),
        };
        self.declare_budget(Name::from(name.to_owned()), declared)
    }

    /// The budget that a call site names without saying anything of it.
    pub(crate) fn assume_budget(
        &self,
        name: &'static str,
        place: &'static Location<'static>,
    ) -> RetryBudget {
        let declared = Declared {
            config: BudgetConfig::default(),
            is_assumed: true,
            place,
        };
        self.declare_budget(Name::Static(name), declared)
    }

    fn declare_budget(&self, name: Name, declared: Declared) -> RetryBudget {
        let mut entries = self.write();
        let (config, invalid) = entries.budget_settings(&name, &declared.config);
        let Some(entry) = entries.budgets.get_mut(&name) else {
            let budget = RetryBudget::with_name(name.clone(), config);
            let entry = BudgetEntry::new(budget.clone(), declared);
            entries.budgets.insert(name, entry);
            drop(entries);
            self.tell_of_budget(&budget, invalid);
            return budget;
        };
        let budget = entry.budget.clone();
        let untold = entry.meet(declared, config, invalid);
        drop(entries);
        self.tell_of_budget(&budget, untold);
        budget
    }

    /// Puts a budget that somebody else made under its name, where overrides, snapshots and metrics find it. It stays for
    /// good.
    ///
    /// # Errors
    ///
    /// [`NameTakenError`], if another budget has the name, as one has after the first call of a function that names it:
    /// register before that, or use [`get_or_register_budget`](Registry::get_or_register_budget). To register the same one
    /// twice is no error.
    #[track_caller]
    pub fn register_budget(&self, budget: &RetryBudget) -> Result<(), NameTakenError> {
        let declared = Declared {
            config: budget.config(),
            is_assumed: false,
            place: Location::caller(),
        };
        let name = budget.shared_name();
        let mut entries = self.write();
        match entries.budgets.get(&name) {
            Some(taken) if taken.budget.is(budget) => return Ok(()),
            Some(_) => return Err(NameTakenError::by_budget(name)),
            None => {}
        }
        let (config, mut untold) = entries.budget_settings(&name, &declared.config);
        let entry = BudgetEntry::new(budget.clone(), declared);
        entries.budgets.insert(name, entry);
        if budget.reconfigure(config) {
            untold.push(EventKind::SettingsChanged);
        }
        drop(entries);
        self.tell_of_budget(budget, untold);
        Ok(())
    }

    /// What there is to know about all retry budgets, ordered by name.
    #[must_use]
    pub fn budgets(&self) -> Vec<BudgetSnapshot> {
        let entries = self.read();
        let budgets: Vec<_> = entries
            .budgets
            .values()
            .map(|entry| entry.budget.clone())
            .collect();
        drop(entries);
        budgets.iter().map(RetryBudget::snapshot).collect()
    }

    /// To be called under no lock.
    pub(super) fn tell_of_budget(&self, budget: &RetryBudget, kinds: Vec<EventKind>) {
        for kind in kinds {
            self.tell(&Event::of_budget(budget.shared_name(), kind));
        }
    }
}

impl BudgetEntry {
    fn new(budget: RetryBudget, declared: Declared) -> Self {
        Self {
            budget,
            declared,
            conflict_told: false,
        }
    }

    /// What comes of one more declaration of the name, which would make these settings; and what is to be told.
    fn meet(
        &mut self,
        declared: Declared,
        config: BudgetConfig,
        invalid: Vec<EventKind>,
    ) -> Vec<EventKind> {
        let mut untold = Vec::new();
        if declared.is_assumed {
            // It says nothing that could differ.
        } else if self.declared.is_assumed {
            self.declared = declared;
            untold = invalid;
            if self.budget.settle(config) {
                untold.push(EventKind::SettingsChanged);
            }
        } else if self.declared.config != declared.config && !self.conflict_told {
            self.conflict_told = true;
            untold.push(EventKind::Conflict {
                first: self.declared.place,
                second: declared.place,
            });
        }
        untold
    }
}

impl Entries {
    /// The settings that hold for a new budget. What breaks a rule is left out, and told.
    fn budget_settings(
        &self,
        name: &str,
        declared: &BudgetConfig,
    ) -> (BudgetConfig, Vec<EventKind>) {
        let settings = self.overrides.over_budget(name, declared);
        let (config, errors) = settings.build_leniently();
        let errors = errors.into_iter().map(EventKind::InvalidSetting);
        (config, errors.collect())
    }
}

/// What these overrides make of every budget.
pub(super) fn overridden(
    budgets: &BTreeMap<Name, BudgetEntry>,
    overrides: &Overrides,
) -> Result<Vec<(RetryBudget, BudgetConfig)>, OverrideError> {
    let configs = budgets.iter().map(|(name, entry)| {
        let settings = overrides.over_budget(name, &entry.declared.config);
        let config = settings.build();
        let config = config.map_err(|error| OverrideError::of_budget(name, error))?;
        Ok((entry.budget.clone(), config))
    });
    configs.collect()
}
