//! Applies overrides to registered breakers, budgets and retries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    BreakerOverride, BudgetEntry, BudgetOverride, OverrideError, OverrideReport, Overrides,
    Registry, RetryEntry, next_version,
};
use crate::breaker::shared::LiveSettings;
use crate::event::EventKind;
use crate::retry::{BudgetConfig, RetryBudget, RetryOverlay, RetryRecord};
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

    pub(super) fn change_overrides(
        &self,
        change: impl FnOnce(&mut Overrides),
    ) -> Result<OverrideReport, OverrideError> {
        let mut entries = self.write();
        let mut overrides = entries.overrides.clone();
        change(&mut overrides);
        overrides.check()?;
        let budgets = overridden(&entries.budgets, &overrides)?;
        let retries = overlays(&entries.retries, &overrides)?;
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
        let names = overrides.retries.keys().cloned();
        let (live_retries, waiting_retries) =
            names.partition(|name| entries.retries.contains_key(&**name));
        entries.overrides = overrides;
        entries.version = version;
        // Budgets and retries run no user code, so they may be changed under the lock. The lock
        // orders concurrent changes: the last overrides win.
        let changed = budgets.into_iter().filter(|(budget, config)| budget.reconfigure(*config));
        let changed: Vec<_> = changed.collect();
        let retries = retries.into_iter().filter(|(retry, overlay)| retry.reconfigure(*overlay));
        let retries: Vec<_> = retries.collect();
        drop(entries);
        for (retry, _) in retries {
            self.notify_retry(&retry, vec![EventKind::SettingsChanged]);
        }
        for (budget, _) in changed {
            self.notify_budget(&budget, vec![EventKind::SettingsChanged]);
        }
        for (entry, settings) in targets {
            entry.reconfigure(settings);
        }
        Ok(OverrideReport {
            live,
            waiting,
            live_budgets,
            waiting_budgets,
            live_retries,
            waiting_retries,
        })
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

/// Returns the override of every retry, after a check against the settings of its code.
fn overlays(
    retries: &BTreeMap<Name, RetryEntry>,
    overrides: &Overrides,
) -> Result<Vec<(Arc<RetryRecord>, Option<RetryOverlay>)>, OverrideError> {
    let overlays = retries.iter().map(|(name, entry)| {
        let overlay = overrides.overlay(name);
        let mut declared = entry.declared.iter();
        overlay
            .map_or(Ok(()), |overlay| declared.try_for_each(|code| code.check(&overlay)))
            .map_err(OverrideError::of_retry(name))?;
        Ok((Arc::clone(&entry.record), overlay))
    });
    overlays.collect()
}
