//! The check of overrides before they apply.

use std::collections::BTreeSet;
use std::panic::Location;

use resilient_settings::breaker;

use super::{BreakerOverride, OverrideError, OverrideIndex, Overrides};
use crate::breaker::BreakerConfigBuilder;
use crate::retry::{BudgetConfigBuilder, RetryOverlay};
use crate::settings::{PartialSettings, SettingLayers};
use crate::signal::{NamePattern, OverrideTable, OverrideTarget};

impl Overrides {
    /// Checks the overrides without the code. Tables that apply to the same names are checked
    /// together.
    pub(in crate::registry) fn check(&self, index: &OverrideIndex) -> Result<(), OverrideError> {
        self.tables().into_iter().try_for_each(OverrideError::check_patterns)?;
        for (name, key, own) in self.all_keys() {
            if own.settings.given() & (1 << breaker::key::max_keys) != 0 {
                let setting = breaker::TABLE.settings[breaker::key::max_keys].name;
                let table = OverrideTable::of_key(name, key);
                return Err(OverrideError::of_whole_name(table, setting));
            }
        }
        self.defaults
            .check_part()
            .map_err(|error| OverrideError::of_table(OverrideTable::defaults(), error))?;
        let here = Location::caller();
        let names: BTreeSet<_> = self.breakers.keys().chain(self.keys.keys()).collect();
        for name in names {
            let names = NamePattern::of(name);
            let layers = index.of_groups(names, BreakerConfigBuilder::default(), here);
            // The code may correct what a table and the defaults contradict, so they are not
            // merged.
            let layers = SettingLayers { defaults: BreakerConfigBuilder::default(), ..layers };
            OverrideError::check_layers(&layers, name, BreakerConfigBuilder::check_part)?;
        }
        for name in self.budgets.keys() {
            let layers = index.of_budgets(NamePattern::of(name), BudgetConfigBuilder::NONE, here);
            OverrideError::check_layers(&layers, name, BudgetConfigBuilder::check_part)?;
        }
        for (name, own) in &self.retries {
            // One table must not give both maximums, while two tables may.
            own.settings.check_part().map_err(|error| {
                OverrideError::of_table(OverrideTable::new(OverrideTarget::Retry, name), error)
            })?;
            let names = NamePattern::of(name);
            let layers = index.of_retries(names, RetryOverlay::default(), here);
            OverrideError::check_layers(&layers, name, RetryOverlay::check_part)?;
        }
        Ok(())
    }

    fn all_keys(&self) -> impl Iterator<Item = (&String, &String, &BreakerOverride)> {
        let all = self.keys.iter();
        all.flat_map(|(name, keys)| keys.iter().map(move |(key, own)| (name, key, own)))
    }
}
