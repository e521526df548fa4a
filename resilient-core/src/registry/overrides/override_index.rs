//! The tables of overrides in maps that find those of a name.

use std::panic::Location;
use std::sync::Arc;

use super::Overrides;
use crate::breaker::BreakerConfigBuilder;
use crate::retry::{BudgetConfigBuilder, RetryOverlay};
use crate::settings::{OverrideLayer, SettingLayers};
use crate::signal::{NamePattern, OverrideTable, OverrideTarget, PatternMap};

type Layers<S> = PatternMap<Arc<OverrideLayer<S>>>;
type Keys = PatternMap<OverrideLayer<BreakerConfigBuilder>>;

/// The tables of overrides in maps that find those of a name. All names share the tables.
#[derive(Debug, Default)]
pub(in crate::registry) struct OverrideIndex {
    defaults: BreakerConfigBuilder,
    breakers: Layers<BreakerConfigBuilder>,
    keys: PatternMap<Arc<Keys>>,
    budgets: Layers<BudgetConfigBuilder>,
    retries: Layers<RetryOverlay>,
}

impl OverrideIndex {
    pub(in crate::registry) fn new(overrides: &Overrides) -> Self {
        let breakers = overrides.breakers.iter().map(|(name, own)| {
            (name, Arc::new(own.layer(OverrideTable::new(OverrideTarget::Breaker, name))))
        });
        let keys = overrides.keys.iter().map(|(name, keys)| {
            let of_key = |key| OverrideTable::of_key(name, key);
            let keys = keys.iter().map(|(key, own)| (key, own.layer(of_key(key))));
            (name, Arc::new(keys.collect()))
        });
        let budgets = overrides.budgets.iter().map(|(name, own)| {
            let table = OverrideTable::new(OverrideTarget::Budget, name);
            (name, Arc::new(OverrideLayer { table, settings: own.settings, mode: None }))
        });
        let retries = overrides.retries.iter().map(|(name, own)| {
            let table = OverrideTable::new(OverrideTarget::Retry, name);
            (name, Arc::new(OverrideLayer { table, settings: own.overlay(), mode: None }))
        });
        Self {
            defaults: overrides.defaults.clone(),
            breakers: breakers.collect(),
            keys: keys.collect(),
            budgets: budgets.collect(),
            retries: retries.collect(),
        }
    }

    /// Returns the sources of the settings of single breakers with these names. Tables of keys do
    /// not apply to them.
    fn of_breakers(
        &self,
        names: NamePattern<'_>,
        code: BreakerConfigBuilder,
        place: &'static Location<'static>,
    ) -> SettingLayers<BreakerConfigBuilder> {
        let of_name = self.breakers.covering(names).cloned().collect();
        let defaults = self.defaults.clone();
        SettingLayers { of_name, of_keys: Vec::new(), code, place, defaults }
    }

    /// Returns the sources of the settings of groups of keyed breakers with these names.
    pub(in crate::registry) fn of_groups(
        &self,
        names: NamePattern<'_>,
        code: BreakerConfigBuilder,
        place: &'static Location<'static>,
    ) -> SettingLayers<BreakerConfigBuilder> {
        let of_keys = self.keys.covering(names).cloned().collect();
        SettingLayers { of_keys, ..self.of_breakers(names, code, place) }
    }

    /// Returns the sources of the settings of a breaker, or of a group of keyed breakers.
    pub(in crate::registry) fn of_entry(
        &self,
        name: &str,
        is_keyed: bool,
        code: BreakerConfigBuilder,
        place: &'static Location<'static>,
    ) -> SettingLayers<BreakerConfigBuilder> {
        let name = NamePattern::Exact(name);
        if is_keyed {
            self.of_groups(name, code, place)
        } else {
            self.of_breakers(name, code, place)
        }
    }

    /// Returns the sources of the settings of retry budgets with these names.
    pub(in crate::registry) fn of_budgets(
        &self,
        names: NamePattern<'_>,
        code: BudgetConfigBuilder,
        place: &'static Location<'static>,
    ) -> SettingLayers<BudgetConfigBuilder> {
        let of_name = self.budgets.covering(names).cloned().collect();
        let defaults = BudgetConfigBuilder::NONE;
        SettingLayers { of_name, of_keys: Vec::new(), code, place, defaults }
    }

    /// Returns the sources of the settings of retries with these names. `code` is one of the
    /// declarations under the name.
    pub(in crate::registry) fn of_retries(
        &self,
        names: NamePattern<'_>,
        code: RetryOverlay,
        place: &'static Location<'static>,
    ) -> SettingLayers<RetryOverlay> {
        let of_name = self.retries.covering(names).cloned().collect();
        let defaults = RetryOverlay::default();
        SettingLayers { of_name, of_keys: Vec::new(), code, place, defaults }
    }

    /// Returns the override of a retry, or `None` if no override applies.
    pub(in crate::registry) fn overlay(&self, name: &str) -> Option<RetryOverlay> {
        let here = Location::caller();
        let layers = self.of_retries(NamePattern::Exact(name), RetryOverlay::default(), here);
        let origins = Some(layers.origins(None));
        (!layers.of_name.is_empty()).then(|| RetryOverlay { origins, ..layers.merged(None) })
    }

    /// Returns whether an override sets a mode for the name or, if it has keys (`is_keyed`), for
    /// some of them.
    pub(in crate::registry) fn has_mode(&self, name: &str, is_keyed: bool) -> bool {
        let name = NamePattern::Exact(name);
        let of_keys = self.keys.covering(name).filter(|_| is_keyed);
        let mut of_keys = of_keys.flat_map(|keys| keys.values());
        self.breakers.covering(name).any(|layer| layer.mode.is_some())
            || of_keys.any(|layer| layer.mode.is_some())
    }
}
