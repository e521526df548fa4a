//! Reports overrides that have no effect: misspelt names, and time limits that no code has.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};

use resilient_settings::limits;

use super::declared_names::DeclaredNames;
use super::{Entries, Registry, RetryEntry, RetryOverride};
use crate::event::{Event, EventKind};
use crate::retry::DeclaredLimits;
use crate::signal::{Name, NamePattern, OverrideTable, OverrideTarget, UnusedOverride};

impl Entries {
    // G9: the names in overrides are checked when they are loaded.
    /// Returns the tables for names that nothing has declared, unless they were reported before.
    pub(super) fn unknown_names(&mut self, names: &DeclaredNames) -> Vec<OverrideTable> {
        let tables = self.overrides.tables().into_iter();
        let unknown = tables.filter(|table| !names.declares(table));
        unknown.filter(|table| self.reported.insert((table.clone(), None))).collect()
    }

    // R15: a time limit can be overridden only where the code has this limit.
    /// Returns the time limits in the override of a retry that no code under the name has, unless
    /// they were reported before. Overrides of prefixes are not checked: they are for further
    /// retries, too.
    pub(super) fn unused_limits_of(&mut self, name: &Name) -> Vec<UnusedOverride> {
        let own = self.overrides.retries.get_key_value(&**name);
        let own = own.filter(|(text, _)| NamePattern::of(text) == NamePattern::Exact(name));
        own.map(|own| unused_limits(own, &self.retries, &mut self.reported)).unwrap_or_default()
    }

    /// Returns the time limits in all overrides of retries that no code under their names has,
    /// unless they were reported before.
    pub(super) fn unused_limits(&mut self) -> Vec<UnusedOverride> {
        let all = self.overrides.retries.iter();
        all.flat_map(|own| unused_limits(own, &self.retries, &mut self.reported)).collect()
    }
}

/// Returns the time limits in an override of retries that no code under its names has.
fn unused_limits(
    (name, own): (&String, &RetryOverride),
    retries: &BTreeMap<Name, RetryEntry>,
    reported: &mut BTreeSet<(OverrideTable, Option<&'static str>)>,
) -> Vec<UnusedOverride> {
    let names = NamePattern::of(name);
    let given = limits_of(own).into_iter().filter(|(_, is_given, _)| *is_given);
    let unused = given.filter_map(|(limit, _, is_declared)| {
        let retries = retries.range::<str, _>((Included(names.first()), Unbounded));
        let retries = retries.take_while(|(name, _)| names.matches(name));
        let mut declared = retries.flat_map(|(_, entry)| &entry.declared).peekable();
        let is_unused =
            declared.peek().is_some() && !declared.any(|code| is_declared(&code.limits));
        let table = is_unused.then(|| OverrideTable::new(OverrideTarget::Retry, name))?;
        let is_new = reported.insert((table.clone(), Some(limit)));
        is_new.then(|| UnusedOverride::of_setting(table, limit))
    });
    unused.collect()
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
    pub(super) fn notify_unused(&self, unused: impl IntoIterator<Item = UnusedOverride>) {
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
