//! The overrides of a registry at one instant: which apply, and which wait for their names.

use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "metrics")]
use super::change_overrides::is_live;
use super::{Entries, Entry, Registry};
use crate::keyed::KeyedEntry;
use crate::signal::{Name, NamePattern, OverrideTable, OverrideTarget};

/// The overrides of a registry at one instant. Taking a snapshot changes nothing.
///
/// ```
/// use resilient_core::breaker::BreakerConfig;
/// use resilient_core::registry::Registry;
///
/// let registry = Registry::new();
/// let _ = registry.get_or_register("payments", BreakerConfig::default());
/// registry.override_breaker("paymets", BreakerConfig::builder().failure_threshold(8))?;
///
/// let waiting = &registry.override_snapshot().tables[0];
/// assert_eq!(waiting.table.to_string(), "[breakers.paymets]");
/// assert_eq!((waiting.applies_to, waiting.is_declared), (0, false));
/// assert_eq!(waiting.nearest.as_deref(), Some("payments"));
/// # Ok::<(), resilient_core::registry::OverrideError>(())
/// ```
///
/// With the feature `serde`, a snapshot can be serialised. Its `at` is left out, and ages become
/// seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OverrideSnapshot {
    /// When the snapshot was taken, by the clock of the registry.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub at: Instant,
    /// The tables of overrides, without `[defaults]`, ordered by target, name and key.
    pub tables: Vec<OverrideStatus>,
}

/// One table of overrides at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OverrideStatus {
    /// The table.
    pub table: OverrideTable,
    /// How long the table has been among the overrides. A change of the settings in the table does
    /// not change its age.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "age_seconds", serialize_with = "crate::signal::seconds")
    )]
    pub age: Duration,
    /// How many breakers, groups of keyed breakers, budgets or retries the table applies to. For
    /// the table of a key, the breakers of such keys. If this is zero, the table waits.
    pub applies_to: usize,
    /// Whether a function or other code has declared such a name. A function without the feature
    /// `inventory` declares its names at its first call. For the table of a key, the name must have
    /// a breaker for each key.
    pub is_declared: bool,
    /// The nearest declared name, if `is_declared` is false and a name is near.
    pub nearest: Option<String>,
}

impl Entries {
    /// Records when each table came, and forgets tables that have left.
    pub(super) fn update_ages(&mut self, now: Instant) {
        let tables = self.overrides.tables();
        self.override_ages.retain(|table, _| tables.contains(table));
        self.reported.retain(|(table, _)| tables.contains(table));
        for table in tables {
            self.override_ages.entry(table).or_insert(now);
        }
    }
}

/// How many tables of one section apply to a registered name, and how many wait for one.
#[cfg(feature = "metrics")]
pub(crate) struct TableCounts {
    pub(crate) section: &'static str,
    pub(crate) live: usize,
    pub(crate) waiting: usize,
}

impl Registry {
    /// Counts the tables of each section, for metrics. Unlike a snapshot, this looks at no function
    /// that was not called yet.
    #[cfg(feature = "metrics")]
    pub(crate) fn count_override_tables(&self) -> [TableCounts; 3] {
        let entries = self.read();
        let tables = entries.overrides.tables();
        [OverrideTarget::Breaker, OverrideTarget::Budget, OverrideTarget::Retry].map(|target| {
            let of_target = tables.iter().filter(|table| table.target() == target);
            let (live, waiting): (Vec<_>, Vec<_>) = of_target.partition(|table| {
                let name = table.name().unwrap_or_default();
                match target {
                    OverrideTarget::Budget => is_live(&entries.budgets, name, |_| true),
                    OverrideTarget::Retry => is_live(&entries.retries, name, |_| true),
                    _ => is_live(&entries.by_name, name, |entry| {
                        table.key().is_none() || entry.item.is_keyed()
                    }),
                }
            });
            TableCounts { section: target.section(), live: live.len(), waiting: waiting.len() }
        })
    }

    // G9: an override that waits shows its age and the nearest name.
    /// Returns the overrides with their ages, and whether they apply to something. An override that
    /// waits for a long time, or whose name nothing has declared, is probably misspelt.
    ///
    /// With the feature `inventory`, the global registry knows the names of all annotated functions
    /// before their first calls. To find them, it evaluates the settings of each function.
    #[must_use]
    pub fn override_snapshot(&self) -> OverrideSnapshot {
        let names = self.annotated_names();
        let at = self.read_clock().now;
        let entries = self.read();
        let names = names.and_registered(&entries);
        let ages = entries.override_ages.clone();
        let breakers: Vec<_> = entries.by_name.keys().cloned().collect();
        let groups = entries.by_name.iter().filter_map(|(name, entry)| match &entry.item {
            Entry::One(_) => None,
            Entry::Keyed(group) => Some((name.clone(), Arc::clone(group))),
        });
        let groups: Vec<_> = groups.collect();
        let budgets: Vec<_> = entries.budgets.keys().cloned().collect();
        let retries: Vec<_> = entries.retries.keys().cloned().collect();
        drop(entries);
        let has_keys = ages.keys().any(|table| table.key().is_some());
        let groups = groups.into_iter().filter(|_| has_keys);
        let groups: Vec<_> = groups.map(|(name, group)| (name, sorted_keys(&*group))).collect();
        let tables = ages.into_iter().map(|(table, since)| {
            let name = NamePattern::of(table.name().unwrap_or_default());
            let count = |names: &[Name]| matching(names, name, |each| each).len();
            let applies_to = match (table.target(), table.key()) {
                (OverrideTarget::Breaker, None) => count(&breakers),
                (OverrideTarget::Breaker, Some(key)) => {
                    let key = NamePattern::of(key);
                    let groups = matching(&groups, name, |(name, _)| name).iter();
                    groups.map(|(_, keys)| matching(keys, key, |each| each).len()).sum()
                }
                (OverrideTarget::Budget, _) => count(&budgets),
                (OverrideTarget::Retry, _) => count(&retries),
                (OverrideTarget::Defaults, _) => 0,
            };
            let is_declared = names.declares(&table);
            OverrideStatus {
                age: at.saturating_duration_since(since),
                applies_to,
                is_declared,
                nearest: if is_declared { None } else { names.nearest(&table) },
                table,
            }
        });
        OverrideSnapshot { at, tables: tables.collect() }
    }
}

/// Returns the keys of a group that have a breaker, in order.
fn sorted_keys(group: &dyn KeyedEntry) -> Vec<String> {
    let breakers = group.breakers_of_keys();
    let mut keys: Vec<_> =
        breakers.iter().filter_map(|breaker| breaker.key().map(str::to_owned)).collect();
    keys.sort_unstable();
    keys
}

/// Returns the items whose names match. The items must be in the order of their names.
fn matching<'a, T>(items: &'a [T], names: NamePattern<'_>, name: impl Fn(&T) -> &str) -> &'a [T] {
    let items = &items[items.partition_point(|item| name(item) < names.first())..];
    &items[..items.partition_point(|item| names.matches(name(item)))]
}
