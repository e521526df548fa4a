//! A change of overrides: checks all of it against the code, then applies all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

use super::overrides::OverrideIndex;
use super::{
    BudgetEntry, Entries, OverrideError, OverrideReport, Overrides, Registry, RetryEntry,
    next_version,
};
use crate::breaker::BreakerConfigBuilder;
use crate::breaker::shared::LiveSettings;
use crate::event::EventKind;
use crate::retry::{BudgetConfigBuilder, LiveBudgetSettings, RetryBudget};
use crate::signal::{Name, NamePattern, UnusedOverride};

impl Registry {
    pub(super) fn change_overrides(
        &self,
        change: impl FnOnce(&mut Overrides),
    ) -> Result<OverrideReport, OverrideError> {
        let names = self.annotated_names();
        let now = self.read_clock().now;
        let mut entries = self.write();
        let mut overrides = entries.overrides.clone();
        change(&mut overrides);
        let index = OverrideIndex::new(&overrides);
        overrides.check(&index)?;
        let budgets = overridden(&entries.budgets, &index)?;
        check_retries(&entries.retries, &index)?;
        let version = next_version();
        let mut targets = Vec::new();
        for (name, entry) in &entries.by_name {
            let (code, place) = (entry.declared.config.to_builder(), entry.declared.place);
            let layers = index.of_entry(name, entry.item.is_keyed(), code, place);
            OverrideError::check_layers(&layers, name, BreakerConfigBuilder::build)?;
            // These settings break no rule.
            let (settings, _) = LiveSettings::of_layers(layers, version);
            targets.push((entry.item.clone(), settings));
        }
        let report = report(&entries, &overrides);
        entries.overrides = overrides;
        entries.index = index;
        entries.version = version;
        // Budgets and retries run no user code, so they may be changed under the lock. The lock
        // orders concurrent changes: the last overrides win.
        let changed = budgets.into_iter().filter_map(|(budget, settings)| {
            let change = budget.reconfigure(settings)?;
            Some((budget, change))
        });
        let changed: Vec<_> = changed.collect();
        let retries = entries.retries.iter().filter_map(|(name, entry)| {
            let change = entry.reconfigure(entries.index.overlay(name).as_ref())?;
            Some((Arc::clone(&entry.record), change))
        });
        let retries: Vec<_> = retries.collect();
        entries.update_ages(now);
        let limits = entries.unused_limits();
        let names = names.are_complete.then(|| names.and_registered(&entries));
        let unknown = names.as_ref().map_or_else(Vec::new, |names| entries.unknown_names(names));
        drop(entries);
        for (retry, change) in retries {
            self.notify_retry(&retry, vec![EventKind::SettingsChanged(change)]);
        }
        for (budget, change) in changed {
            self.notify_budget(&budget, vec![EventKind::SettingsChanged(change)]);
        }
        for (entry, settings) in targets {
            entry.reconfigure(settings);
        }
        self.notify_unused(limits);
        if let Some(names) = names {
            // The search for the nearest name may take long, so it holds no lock.
            self.notify_unused(unknown.into_iter().map(|table| {
                let nearest = names.nearest(&table);
                UnusedOverride::of_name(table, nearest)
            }));
        }
        Ok(report)
    }
}

/// Returns the settings of every budget under these overrides.
fn overridden(
    budgets: &BTreeMap<Name, BudgetEntry>,
    index: &OverrideIndex,
) -> Result<Vec<(RetryBudget, LiveBudgetSettings)>, OverrideError> {
    let settings = budgets.iter().map(|(name, entry)| {
        let (code, place) = (entry.declared.config.to_builder(), entry.declared.place);
        let layers = index.of_budgets(NamePattern::Exact(name), code, place);
        let build = BudgetConfigBuilder::build_overridden;
        OverrideError::check_layers(&layers, name, build)?;
        let (config, _) = layers.merged(None).build_leniently();
        let settings = LiveBudgetSettings { config, origins: layers.origins(None) };
        Ok((entry.item.clone(), settings))
    });
    settings.collect()
}

/// Returns which overrides apply to something that exists.
fn report(entries: &Entries, overrides: &Overrides) -> OverrideReport {
    let names: BTreeSet<_> = overrides.breakers.keys().chain(overrides.keys.keys()).collect();
    let names = names.into_iter().cloned();
    let (live, waiting) = names.partition(|name| is_live(&entries.by_name, name));
    let names = overrides.budgets.keys().cloned();
    let (live_budgets, waiting_budgets) = names.partition(|name| is_live(&entries.budgets, name));
    let names = overrides.retries.keys().cloned();
    let (live_retries, waiting_retries) = names.partition(|name| is_live(&entries.retries, name));
    OverrideReport { live, waiting, live_budgets, waiting_budgets, live_retries, waiting_retries }
}

fn is_live<T>(items: &BTreeMap<Name, T>, name: &str) -> bool {
    let pattern = NamePattern::of(name);
    let first = pattern.first();
    let next = items.range::<str, _>((Included(first), Unbounded)).next();
    next.is_some_and(|(item, _)| pattern.matches(item))
}

/// Checks the overrides against the settings of all code of every retry.
fn check_retries(
    retries: &BTreeMap<Name, RetryEntry>,
    index: &OverrideIndex,
) -> Result<(), OverrideError> {
    retries.iter().try_for_each(|(name, entry)| {
        entry.declared.iter().try_for_each(|declared| {
            let names = NamePattern::Exact(name);
            let layers = index.of_retries(names, declared.layer(), declared.place);
            OverrideError::check_layers(&layers, name, |merged| declared.check_merged(merged))
        })
    })
}
