//! The sources of the settings of one name, and the settings, origins and mode that follow.

use std::panic::Location;
use std::sync::Arc;

use crate::signal::{Hold, NamePattern, OverrideTable, PatternMap, SettingOrigin, SettingOrigins};

/// Settings of one source, which other sources complete.
pub(crate) trait PartialSettings: Clone + Default {
    /// Returns the number of a setting, which is the number of its bit in [`given`](Self::given).
    fn number(setting: &str) -> Option<usize>;
    /// Returns a word with one bit for each setting that this source gives.
    fn given(&self) -> u32;
    /// Fills each missing setting with the setting of `other`.
    fn or(self, other: &Self) -> Self;
}

/// A table of overrides that applies to a name, or to some keys of the name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OverrideLayer<S> {
    pub(crate) table: OverrideTable,
    pub(crate) settings: S,
    pub(crate) mode: Option<Hold>,
}

/// All sources of the settings under one name.
#[derive(Debug, Clone)]
pub(crate) struct SettingLayers<S> {
    /// The tables of the name, the one that wins first.
    pub(crate) of_name: Vec<Arc<OverrideLayer<S>>>,
    /// The tables of keys: those under one name or prefix are in one map. They win over those of
    /// the name; the first map wins.
    pub(crate) of_keys: Vec<Arc<PatternMap<OverrideLayer<S>>>>,
    /// The settings that the code gives, which may be invalid.
    pub(crate) code: S,
    pub(crate) place: &'static Location<'static>,
    pub(crate) defaults: S,
}

impl<S> SettingLayers<S> {
    /// Returns the tables that apply to these keys, the one that wins first. `None` stands for the
    /// whole name.
    pub(crate) fn applying(
        &self,
        keys: Option<NamePattern<'_>>,
    ) -> impl Iterator<Item = &OverrideLayer<S>> {
        let of_keys = keys.into_iter().flat_map(|keys| self.of_keys(keys));
        of_keys.chain(self.of_name.iter().map(Arc::as_ref))
    }

    /// Returns the tables of keys that apply to these keys, the one that wins first.
    pub(crate) fn of_keys(&self, keys: NamePattern<'_>) -> impl Iterator<Item = &OverrideLayer<S>> {
        self.of_keys.iter().flat_map(move |map| map.covering(keys))
    }

    /// Returns all tables of keys.
    pub(crate) fn of_all_keys(&self) -> impl Iterator<Item = &OverrideLayer<S>> {
        self.of_keys.iter().flat_map(|map| map.values())
    }

    /// Returns the patterns of all keys with a table. Every key has the settings of one of these
    /// patterns, or those of the name.
    pub(crate) fn key_patterns(&self) -> impl Iterator<Item = NamePattern<'_>> {
        self.of_keys.iter().flat_map(|map| map.patterns())
    }

    /// Returns the mode that the overrides set for these keys.
    pub(crate) fn mode(&self, keys: Option<NamePattern<'_>>) -> Option<&Hold> {
        self.applying(keys).find_map(|layer| layer.mode.as_ref())
    }
}

impl<S: PartialEq> SettingLayers<S> {
    /// Returns whether these are the tables of `other`, apart from the code.
    pub(crate) fn has_tables_of(&self, other: Option<Self>) -> bool {
        other.is_some_and(|other| {
            self.of_name == other.of_name
                && self.of_keys == other.of_keys
                && self.defaults == other.defaults
        })
    }
}

impl<S: PartialSettings> SettingLayers<S> {
    // G2: an override wins over the code, the code over `[defaults]`, these over the library.
    /// Merges the settings for these keys. They may break rules.
    pub(crate) fn merged(&self, keys: Option<NamePattern<'_>>) -> S {
        let overrides = self.applying(keys).map(|layer| &layer.settings);
        overrides.chain([&self.code, &self.defaults]).fold(S::default(), S::or)
    }

    /// Returns the origin of each setting of [`merged`](Self::merged).
    pub(crate) fn origins(&self, keys: Option<NamePattern<'_>>) -> SettingOrigins {
        let overrides = self
            .applying(keys)
            .map(|layer| (SettingOrigin::Override(layer.table.clone()), layer.settings.given()));
        let code = (SettingOrigin::Code(self.place), self.code.given());
        let defaults = (SettingOrigin::Defaults, self.defaults.given());
        SettingOrigins::combine(self.place, overrides.chain([code, defaults]))
    }

    /// Returns the table to change if the settings for these keys break a rule about `setting`. If
    /// only the code gives that setting, also returns the code's location.
    pub(crate) fn culprit(
        &self,
        keys: Option<NamePattern<'_>>,
        setting: usize,
        is_broken: impl Fn(&S) -> bool,
    ) -> (OverrideTable, Option<&'static Location<'static>>) {
        let gives = |settings: &S| settings.given() & (1 << setting) != 0;
        let mut overrides = self.applying(keys);
        if let Some(layer) = overrides.find(|layer| gives(&layer.settings)) {
            return (layer.table.clone(), None);
        }
        let is_of_code = gives(&self.code);
        if !is_of_code && gives(&self.defaults) {
            return (OverrideTable::defaults(), None);
        }
        // The setting itself is that of the code. The table that breaks its rule is to blame.
        let below = self.code.clone().or(&self.defaults);
        let breaks = |layer: &&OverrideLayer<S>| is_broken(&layer.settings.clone().or(&below));
        let found = self.applying(keys).find(breaks).or_else(|| self.applying(keys).next());
        let table = match found {
            Some(layer) if !is_broken(&below) => layer.table.clone(),
            _ => OverrideTable::defaults(),
        };
        (table, is_of_code.then_some(self.place))
    }
}
