//! Reports overrides that have no effect: misspelt names, and time limits that no code has.

use resilient_settings::limits;

use super::declared_names::DeclaredNames;
use super::{Entries, Registry, RetryOverride};
use crate::event::{Event, EventKind};
use crate::retry::DeclaredLimits;
use crate::signal::{Name, NamePattern, OverrideTable, OverrideTarget, UnusedOverride};

impl Entries {
    // G9: the names in overrides are checked when they are loaded.
    /// Returns the tables for names that nothing has declared, unless they were reported before.
    pub(super) fn unknown_names(&mut self, names: &DeclaredNames) -> Vec<UnusedOverride> {
        let tables = self.overrides.tables().into_iter();
        let unknown = tables.filter(|table| !names.declares(table));
        let unused = unknown.map(|table| {
            let nearest = names.nearest(&table);
            UnusedOverride::of_name(table, nearest)
        });
        let unused = unused.collect();
        self.not_reported(unused)
    }

    // R15: a time limit can be overridden only where the code has this limit.
    /// Returns the time limits in overrides of these retries that no code under their names has,
    /// unless they were reported before.
    pub(super) fn unused_limits(&mut self, names: NamePattern<'_>) -> Vec<UnusedOverride> {
        let mut unused = Vec::new();
        for (table_name, own) in &self.overrides.retries {
            let table_names = NamePattern::of(table_name);
            if !table_names.covers(names) && !names.covers(table_names) {
                continue;
            }
            let retries = self.retries.iter().filter(|(name, _)| table_names.matches(name));
            let declared: Vec<_> = retries
                .flat_map(|(_, entry)| entry.declared.iter().map(|declared| declared.limits))
                .collect();
            for (limit, is_set, is_declared) in limits_of(own) {
                if is_set && !declared.is_empty() && !declared.iter().any(is_declared) {
                    let table = OverrideTable::new(OverrideTarget::Retry, table_name);
                    unused.push(UnusedOverride::of_setting(table, limit));
                }
            }
        }
        self.not_reported(unused)
    }

    fn not_reported(&mut self, mut unused: Vec<UnusedOverride>) -> Vec<UnusedOverride> {
        let reported = &mut self.reported;
        unused.retain(|each| reported.insert((each.table().clone(), each.setting())));
        unused
    }
}

/// A time limit: its name, whether the override sets it, and whether code has it.
type Limit = (&'static str, bool, fn(&DeclaredLimits) -> bool);

fn limits_of(own: &RetryOverride) -> [Limit; 2] {
    let name = |limit: usize| limits::TABLE.settings[limit].name;
    [
        (name(limits::key::deadline), own.deadline.is_some(), |it| it.deadline),
        (name(limits::key::attempt_timeout), own.attempt_timeout.is_some(), |it| {
            it.attempt_timeout
        }),
    ]
}

impl Registry {
    /// Reports overrides without effect. The caller must hold no lock.
    pub(super) fn notify_unused(&self, unused: Vec<UnusedOverride>) {
        for unused in unused {
            let name = Name::from(unused.table().name().unwrap_or_default().to_owned());
            let of = match unused.table().target() {
                OverrideTarget::Budget => Event::of_budget,
                OverrideTarget::Retry => Event::of_retry,
                OverrideTarget::Breaker | OverrideTarget::Defaults => Event::of_breaker,
            };
            self.notify(&of(name, EventKind::UnusedOverride(unused)));
        }
    }
}
