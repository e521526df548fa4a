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
    /// Returns the current overrides.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        self.read().overrides.clone()
    }

    // G2: overrides win over the code, and apply to live breakers at once.
    /// Replaces all overrides, for present and future breakers.
    ///
    /// Live breakers keep their state and generation, their streak and totals, and the instant of
    /// opening. If the kind of window stays the same, the window keeps its newest outcomes, as many
    /// as the new size allows. A new recovery time moves the end of an open circuit, unless an
    /// operator set that end. Conditions are tested at the next counted call. Each breaker whose
    /// settings changed reports [`EventKind::SettingsChanged`].
    ///
    /// A breaker that is registered later may have settings that contradict its override. The
    /// override then wins, and the breaker reports [`EventKind::InvalidSetting`] for each setting
    /// that was replaced.
    ///
    /// # Errors
    ///
    /// Returns an [`OverrideError`] if a setting is out of range or contradicts the code of a
    /// present breaker. In that case nothing changes.
    pub fn set_overrides(&self, overrides: Overrides) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| *present = overrides)
    }

    /// Replaces the override of one name.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::set_overrides`].
    pub fn override_breaker(
        &self,
        name: &str,
        what: impl Into<BreakerOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        // The conversion may be user code, so it runs before the lock is taken.
        let what = what.into();
        self.change_overrides(|present| {
            present.breakers.insert(name.to_owned(), what);
        })
    }

    /// Clears the override of one name. The settings of the code apply again.
    ///
    /// # Errors
    ///
    /// Returns no error in practice, because the settings of the code and the accepted defaults do
    /// not contradict each other.
    pub fn clear_override(&self, name: &str) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(|present| {
            present.breakers.remove(name);
        })
    }

    /// Replaces the override of one retry budget. A live budget keeps its counts, and its tokens up
    /// to the new capacity. It reports [`EventKind::SettingsChanged`] if its settings changed.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::set_overrides`].
    pub fn override_budget(
        &self,
        name: &str,
        what: impl Into<BudgetOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        let what = what.into();
        self.change_overrides(|present| {
            present.budgets.insert(name.to_owned(), what);
        })
    }

    /// Clears the override of one retry budget. The settings of the code apply again.
    ///
    /// # Errors
    ///
    /// Returns no error in practice, as for [`Registry::clear_override`].
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
                .over(name, &entry.declared.config.to_builder())
                .build()
                .map_err(OverrideError::of_breaker(name))?;
            let settings =
                LiveSettings { config: config.into(), mode: overrides.hold(name), version };
            targets.push((entry.item.clone(), settings));
        }
        let names = overrides.breakers.keys().cloned();
        let (live, waiting) = names.partition(|name| entries.by_name.contains_key(&**name));
        let names = overrides.budgets.keys().cloned();
        let (live_budgets, waiting_budgets) =
            names.partition(|name| entries.budgets.contains_key(&**name));
        entries.overrides = overrides;
        entries.version = version;
        // Budgets run no user code, so they may be changed under the lock. The lock orders
        // concurrent changes: the last overrides win.
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

/// Returns the settings of every budget under these overrides.
fn overridden(
    budgets: &BTreeMap<Name, BudgetEntry>,
    overrides: &Overrides,
) -> Result<Vec<(RetryBudget, BudgetConfig)>, OverrideError> {
    let configs = budgets.iter().map(|(name, entry)| {
        let settings = overrides.over_budget(name, &entry.declared.config);
        Ok((entry.item.clone(), settings.build().map_err(OverrideError::of_budget(name))?))
    });
    configs.collect()
}
