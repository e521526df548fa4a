//! The values from which a breaker is made: its name, its settings, its clock.

use std::panic::Location;
use std::sync::Arc;

use crate::breaker::config::{BreakerConfig, BreakerConfigBuilder};
use crate::platform::AtomicU64;
use crate::settings::SettingLayers;
use crate::signal::{ConfigError, Hold, Name, NamePattern, OverrideTable, SettingOrigins};
use crate::time::ClockReading;

/// Settings of a live breaker, or of a group of keyed breakers.
#[derive(Debug, Clone)]
pub(crate) struct LiveSettings {
    pub(crate) config: Arc<BreakerConfig>,
    pub(crate) origins: SettingOrigins,
    /// The mode of an operator's override.
    pub(crate) mode: Option<Hold>,
    /// The version of these settings. A breaker that has newer settings ignores older ones.
    pub(crate) version: u64,
    /// All sources of the settings. `None` unless some keys have overrides.
    keys: Option<Arc<SettingLayers<BreakerConfigBuilder>>>,
}

impl LiveSettings {
    /// Makes the settings that the code gives, without an override.
    pub(crate) fn of_code(config: BreakerConfig, place: &'static Location<'static>) -> Self {
        let origins = SettingOrigins::of_code(place);
        Self { config: Arc::new(config), origins, mode: None, version: 0, keys: None }
    }

    /// Makes the settings of a name. A setting that breaks a rule has its default; the errors
    /// report it.
    pub(crate) fn of_layers(
        layers: SettingLayers<BreakerConfigBuilder>,
        version: u64,
    ) -> (Self, Vec<ConfigError>) {
        let (config, mut errors) = layers.merged(None).build_leniently();
        for keys in layers.key_patterns() {
            let (_, of_keys) = layers.merged(Some(keys)).build_leniently();
            errors.extend(of_keys);
        }
        let mut reported = Vec::new();
        errors.retain(|error| {
            let is_new = !reported.contains(error);
            reported.push(error.clone());
            is_new
        });
        let has_keys = layers.key_patterns().next().is_some();
        let settings = Self {
            config: Arc::new(config),
            origins: layers.origins(None),
            mode: layers.mode(None).cloned(),
            version,
            keys: has_keys.then(|| Arc::new(layers)),
        };
        (settings, errors)
    }

    pub(crate) fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// Returns the settings of the name, without the overrides of keys.
    pub(crate) fn of_name(&self) -> Self {
        Self { keys: None, ..self.clone() }
    }

    /// Returns the settings of one key of the name.
    pub(crate) fn of_key(&self, key: &str) -> Self {
        let name = self.of_name();
        let Some(layers) = &self.keys else { return name };
        let key = NamePattern::Exact(key);
        if layers.of_keys(key).next().is_none() {
            return name;
        }
        let key = Some(key);
        let (config, _) = layers.merged(key).build_leniently();
        Self {
            config: Arc::new(config),
            origins: layers.origins(key),
            mode: layers.mode(key).cloned(),
            ..name
        }
    }

    /// Returns the modes that overrides set for some keys, each with its table.
    pub(crate) fn key_modes(&self) -> impl Iterator<Item = (&OverrideTable, &Hold)> {
        let tables = self.keys.iter().flat_map(|layers| layers.of_all_keys());
        tables.filter_map(|layer| Some((&layer.table, layer.mode.as_ref()?)))
    }

    /// Returns the tables that apply to this key and not to the whole name, the one that wins
    /// first.
    pub(crate) fn key_tables(&self, key: &str) -> impl Iterator<Item = &OverrideTable> {
        let tables = self.keys.iter().flat_map(|layers| layers.of_keys(NamePattern::Exact(key)));
        tables.map(|layer| &layer.table)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) name: Name,
    pub(crate) settings: LiveSettings,
    pub(crate) start_in: StartIn,
    /// The clock, with a reading. Breakers are made under a lock, and a user's clock must not run
    /// under a lock, so the clock is read before the lock is taken.
    pub(crate) clock: ClockReading,
    /// Counts how often a breaker of the group closed or was changed by hand. `None`
    /// if the breaker belongs to no group.
    pub(crate) closings: Option<Arc<AtomicU64>>,
}

impl Setup {
    pub(crate) fn new(name: Name, settings: LiveSettings, clock: ClockReading) -> Self {
        let start_in = StartIn { hold: settings.mode.clone(), is_of_override: true };
        Self { name, start_in, settings, clock, closings: None }
    }
}

/// The mode in which a breaker starts: the mode of its settings, or a newer mode that an operator
/// gave its group by hand.
#[derive(Debug, Clone)]
pub(crate) struct StartIn {
    pub(crate) hold: Option<Hold>,
    pub(crate) is_of_override: bool,
}
