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

/// The names whose settings must break no rule after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckedNames {
    All,
    /// Only names with other tables than before. Code can register a name that contradicts the
    /// overrides. This is reported, and does not prevent a change for another name.
    Changed,
}

impl Registry {
    pub(super) fn change_overrides(
        &self,
        checked: CheckedNames,
        change: impl FnOnce(&mut Overrides),
    ) -> Result<OverrideReport, OverrideError> {
        let names = self.annotated_names();
        let now = self.read_clock().now;
        let mut entries = self.write();
        let mut overrides = entries.overrides.clone();
        change(&mut overrides);
        let index = OverrideIndex::new(&overrides);
        overrides.check(&index)?;
        let before = Some(&entries.index).filter(|_| checked == CheckedNames::Changed);
        let budgets = overridden(&entries.budgets, &index, before)?;
        check_retries(&entries.retries, &index, before)?;
        let version = next_version();
        let mut targets = Vec::new();
        for (name, entry) in &entries.by_name {
            let (code, place) = (entry.declared.config.to_builder(), entry.declared.place);
            let of = |index: &OverrideIndex| {
                index.of_entry(name, entry.item.is_keyed(), code.clone(), place)
            };
            let layers = of(&index);
            if !layers.has_tables_of(before.map(of)) {
                OverrideError::check_layers(&layers, name, BreakerConfigBuilder::build)?;
            }
            // A setting that breaks a rule was reported when the name was registered.
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
    before: Option<&OverrideIndex>,
) -> Result<Vec<(RetryBudget, LiveBudgetSettings)>, OverrideError> {
    let settings = budgets.iter().map(|(name, entry)| {
        let (code, place) = (entry.declared.config.to_builder(), entry.declared.place);
        let of = |index: &OverrideIndex| index.of_budgets(NamePattern::Exact(name), code, place);
        let layers = of(index);
        if !layers.has_tables_of(before.map(of)) {
            let build = BudgetConfigBuilder::build_overridden;
            OverrideError::check_layers(&layers, name, build)?;
        }
        let (config, _) = layers.merged(None).build_leniently();
        let settings = LiveBudgetSettings { config, origins: layers.origins(None) };
        Ok((entry.item.clone(), settings))
    });
    settings.collect()
}

/// Returns which overrides apply to something that exists.
fn report(entries: &Entries, overrides: &Overrides) -> OverrideReport {
    let names: BTreeSet<_> = overrides.breakers.keys().chain(overrides.keys.keys()).collect();
    let (live, waiting) = names.into_iter().cloned().partition(|name| {
        // The tables of keys are only for names with a breaker for each key.
        let has_own = overrides.breakers.contains_key(name);
        is_live(&entries.by_name, name, |entry| has_own || entry.item.is_keyed())
    });
    let names = overrides.budgets.keys().cloned();
    let (live_budgets, waiting_budgets) =
        names.partition(|name| is_live(&entries.budgets, name, |_| true));
    let names = overrides.retries.keys().cloned();
    let (live_retries, waiting_retries) =
        names.partition(|name| is_live(&entries.retries, name, |_| true));
    OverrideReport { live, waiting, live_budgets, waiting_budgets, live_retries, waiting_retries }
}

/// Returns whether one of these items has such a name and is meant.
pub(super) fn is_live<T>(
    items: &BTreeMap<Name, T>,
    name: &str,
    is_meant: impl Fn(&T) -> bool,
) -> bool {
    let names = NamePattern::of(name);
    let items = items.range::<str, _>((Included(names.first()), Unbounded));
    let mut items = items.take_while(|(item, _)| names.matches(item));
    items.any(|(_, item)| is_meant(item))
}

/// Checks the overrides against the settings of all code of every retry.
fn check_retries(
    retries: &BTreeMap<Name, RetryEntry>,
    index: &OverrideIndex,
    before: Option<&OverrideIndex>,
) -> Result<(), OverrideError> {
    retries.iter().try_for_each(|(name, entry)| {
        entry.declared.iter().try_for_each(|declared| {
            let of = |index: &OverrideIndex| {
                index.of_retries(NamePattern::Exact(name), declared.layer(), declared.place)
            };
            let layers = of(index);
            if layers.has_tables_of(before.map(of)) {
                return Ok(());
            }
            OverrideError::check_layers(&layers, name, |merged| declared.check_merged(merged))
        })
    })
}
