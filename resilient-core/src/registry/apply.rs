//! Applies overrides to registered breakers and budgets.

use std::collections::BTreeMap;

use super::{
    BreakerOverride, BudgetEntry, BudgetOverride, OverrideError, OverrideReport, Overrides,
    Registry, next_version,
};
use crate::breaker::shared::LiveSettings;
use crate::event::EventKind;
use crate::retry::{BudgetConfig, RetryBudget};
use crate::signal::Name;

impl Registry {
    /// The present overrides.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        self.read().overrides.clone()
    }

    // G2: overrides win over the code, and apply to live breakers at once.
    /// Replaces all overrides, for present and future breakers.
    ///
    /// Live breakers stay in the same state and generation. Streak, totals and the instant of
    /// opening stay; a window of the same kind keeps as many of its newest outcomes as the new one
    /// holds; a new recovery time moves the end of an open circuit, unless it was set by hand.
    /// Conditions are tested at the next counted call. Each breaker whose settings changed reports
    /// [`EventKind::SettingsChanged`].
    ///
    /// If the code of a breaker that is registered later contradicts its override, the override
    /// wins, and the breaker reports [`EventKind::InvalidSetting`] for each setting that was
    /// replaced.
    ///
    /// # Errors
    ///
    /// [`OverrideError`] if a setting is out of range or contradicts the code of a present breaker.
    /// Then nothing changes.
    pub fn set_overrides(&self, overrides: Overrides) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| *present = overrides)
    }

    /// Replaces the override of one name.
    ///
    /// # Errors
    ///
    /// As for [`Registry::set_overrides`].
    pub fn override_breaker(
        &self,
        name: &str,
        what: impl Into<BreakerOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| {
            present.breakers.insert(name.to_owned(), what.into());
        })
    }

    /// Clears the override of one name: the code's settings apply again.
    ///
    /// # Errors
    ///
    /// None in practice: the code's settings, with defaults that were accepted, do not contradict
    /// each other.
    pub fn clear_override(&self, name: &str) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| {
            present.breakers.remove(name);
        })
    }

    /// Replaces the override of one retry budget. A live budget keeps its counts, and its tokens as
    /// far as they fit, and reports [`EventKind::SettingsChanged`] if its settings changed.
    ///
    /// # Errors
    ///
    /// As for [`Registry::set_overrides`].
    pub fn override_budget(
        &self,
        name: &str,
        what: impl Into<BudgetOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| {
            present.budgets.insert(name.to_owned(), what.into());
        })
    }

    /// Clears the override of one retry budget: the code's settings apply again.
    ///
    /// # Errors
    ///
    /// None in practice, as for [`Registry::clear_override`].
    pub fn clear_budget_override(&self, name: &str) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| {
            present.budgets.remove(name);
        })
    }

    fn change_overrides(
        &self,
        change: impl FnOnce(&mut Overrides),
    ) -> Result<OverrideReport, OverrideError> {
        let mut entries = self.write();
        let mut overrides = entries.overrides.clone();
        change(&mut overrides);
        overrides.check()?;
        let budgets = overridden(&entries.budgets, &overrides)?;
        let version = next_version();
        let mut targets = Vec::new();
        for (name, entry) in &entries.by_name {
            let config = overrides
                .over(name, &entry.config.to_builder())
                .build()
                .map_err(OverrideError::of_breaker(name))?;
            let settings =
                LiveSettings { config: config.into(), mode: overrides.mode(name), version };
            targets.push((entry.entry.clone(), settings));
        }
        let names = overrides.breakers.keys().cloned();
        let (live, waiting) = names.partition(|name| entries.by_name.contains_key(&**name));
        let names = overrides.budgets.keys().cloned();
        let (live_budgets, waiting_budgets) =
            names.partition(|name| entries.budgets.contains_key(&**name));
        entries.overrides = overrides;
        entries.version = version;
        // No user code runs here: so it can be done under the lock, and the last change applies
        // last.
        let changed = budgets.into_iter().filter(|(budget, config)| budget.reconfigure(*config));
        let changed: Vec<_> = changed.collect();
        drop(entries);
        for (budget, _) in changed {
            self.notify_budget(&budget, vec![EventKind::SettingsChanged]);
        }
        for (entry, settings) in targets {
            entry.reconfigure(settings);
        }
        Ok(OverrideReport { live, waiting, live_budgets, waiting_budgets })
    }
}

/// The settings of every budget under these overrides.
fn overridden(
    budgets: &BTreeMap<Name, BudgetEntry>,
    overrides: &Overrides,
) -> Result<Vec<(RetryBudget, BudgetConfig)>, OverrideError> {
    let configs = budgets.iter().map(|(name, entry)| {
        let settings = overrides.over_budget(name, &entry.registration.config);
        Ok((entry.budget.clone(), settings.build().map_err(OverrideError::of_budget(name))?))
    });
    configs.collect()
}
