//! The entries of a registry by name, and the overrides that apply to them.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::declared::{Declared, NamedEntry};
use super::overrides::OverrideIndex;
use super::swept::Swept;
use super::unique_numbers::UniqueNumbers;
use super::{Entry, Overrides, RetryEntry};
use crate::breaker::shared::LiveSettings;
use crate::breaker::{BreakerConfig, BreakerConfigBuilder};
use crate::event::EventKind;
use crate::retry::{BudgetConfig, LiveBudgetSettings, RetryBudget};
use crate::signal::{Name, NamePattern, OverrideTable};
use crate::time::ClockSource;

#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) by_name: BTreeMap<Name, BreakerEntry>,
    pub(super) budgets: BTreeMap<Name, BudgetEntry>,
    pub(super) retries: BTreeMap<Name, RetryEntry>,
    #[cfg(feature = "inventory")]
    pub(super) expected: BTreeMap<Name, Expected>,
    /// Where the last sweep ended, in each of these maps.
    pub(super) swept: Swept,
    pub(super) overrides: Overrides,
    /// The numbers of the names that owners have alone.
    pub(super) unique: UniqueNumbers,
    /// The tables of `overrides`, in a form for look-ups.
    pub(super) index: OverrideIndex,
    /// Since when each table is among the overrides.
    pub(super) override_ages: BTreeMap<OverrideTable, Instant>,
    /// The overrides without effect that were reported: tables, or settings of tables. They stay
    /// until their tables leave.
    pub(super) reported: BTreeSet<(OverrideTable, Option<&'static str>)>,
    /// The clock for breakers that are registered later.
    pub(super) clock: ClockSource,
    /// The version of the current overrides.
    pub(super) version: u64,
}

/// Returns the next version of settings. All registries share one counter, since a breaker can move
/// from one registry to another. The caller must hold the registry's lock.
pub(super) fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Relaxed)
}

/// A registered breaker, or a registered group with a breaker for each key.
pub(super) type BreakerEntry = NamedEntry<Entry, BreakerConfig>;

pub(super) type BudgetEntry = NamedEntry<RetryBudget, BudgetConfig>;

/// What was declared about a name whose group of keyed breakers is not made yet.
#[cfg(feature = "inventory")]
#[derive(Debug)]
pub(super) struct Expected {
    /// The settings as they were given, which may be invalid.
    pub(super) settings: BreakerConfigBuilder,
    pub(super) declared: Declared<BreakerConfig>,
}

impl Entries {
    /// Returns the settings of a new breaker, or of a group (`is_keyed`). A setting that breaks a
    /// rule is replaced with its default and reported as an event, since no caller could receive an
    /// error.
    pub(super) fn settings_leniently(
        &self,
        name: &str,
        is_keyed: bool,
        code: BreakerConfigBuilder,
        place: &'static Location<'static>,
    ) -> (LiveSettings, Vec<EventKind>) {
        let layers = self.index.of_entry(name, is_keyed, code, place);
        let (settings, errors) = LiveSettings::of_layers(layers, self.version);
        let errors = errors.into_iter().map(EventKind::InvalidSetting).collect();
        (settings, errors)
    }

    /// Returns the settings of a new budget. A setting that breaks a rule is replaced with its
    /// default and reported.
    pub(super) fn budget_settings(
        &self,
        name: &str,
        declared: &Declared<BudgetConfig>,
    ) -> (LiveBudgetSettings, Vec<EventKind>) {
        let (code, place) = (declared.config.to_builder(), declared.place);
        let layers = self.index.of_budgets(NamePattern::Exact(name), code, place);
        let (config, errors) = layers.merged(None).build_leniently();
        let settings = LiveBudgetSettings { config, origins: layers.origins(None) };
        let errors = errors.into_iter().map(EventKind::InvalidSetting);
        (settings, errors.collect())
    }
}
