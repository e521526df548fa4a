//! All overrides of a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use resilient_settings::breaker;

use super::{BreakerOverride, BudgetOverride, OverrideError, OverrideIndex, RetryOverride};
use crate::breaker::BreakerConfigBuilder;
use crate::retry::{BudgetConfigBuilder, RetryOverlay};
use crate::settings::{PartialSettings, SettingLayers};
use crate::signal::{NamePattern, OverrideTable, OverrideTarget};

/// All overrides of a registry: defaults of breakers, and overrides by name.
///
/// A name that ends in `*` stands for all names with this prefix: `payments/*`, or `*` for all
/// names. A `*` elsewhere in a name is an error. The first of these sources that gives a setting
/// wins:
///
/// 1. overrides of the key, for a breaker with keys: those under an exact name before those under a
///    prefix, and then the exact key before a prefix of the key;
/// 2. the override of the exact name;
/// 3. overrides of prefixes, a longer prefix before a shorter one;
/// 4. the code;
/// 5. `defaults`;
/// 6. the [library's default](crate::breaker::BreakerConfig).
///
/// Each setting is looked up separately, and so is the mode.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, OperatorMode};
/// use resilient_core::registry::{Overrides, Registry};
/// use resilient_core::retry::BudgetConfig;
///
/// let settings = BreakerConfig::builder;
/// let overrides = Overrides::new()
///     .with("payments/*", settings().failure_threshold(8).half_open_successes(2))
///     .with("payments/charge", settings().failure_threshold(3))
///     .with_key("search", "tenant-7", OperatorMode::ForcedOpen)
///     .with_budget("payments", BudgetConfig::builder().capacity(0)); // no retries
///
/// let registry = Registry::new();
/// registry.set_overrides(overrides)?;
/// let charge = registry.get_or_register("payments/charge", BreakerConfig::default());
/// let expected = settings().failure_threshold(3).half_open_successes(2);
/// assert_eq!(charge.config(), expected.build()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With the feature `serde`, overrides can be deserialized. A duration is text like `"250ms"` or
/// `"1m 30s"`. A share is `0.5` or `"50%"`. `window` is a number or a duration. `mode` is
/// `forced_open`, `disabled` or `observe_only`; beside it, `mode_for` is a duration, and `operator`
/// and `reason` are text. `keys` is a table with an override for each key. With the feature `toml`,
/// a registry reads overrides from a document: see `Registry::load_overrides`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Overrides {
    /// Settings that apply if neither the code nor an override gives a value.
    pub defaults: BreakerConfigBuilder,
    /// Overrides by the name of the breaker, or by the beginning of names.
    pub breakers: BTreeMap<String, BreakerOverride>,
    /// Overrides of keys: by the name of the breaker, then by the text of the key. Names and keys
    /// may be prefixes. The breaker that keys without a separate breaker share has none of these
    /// overrides.
    pub keys: BTreeMap<String, BTreeMap<String, BreakerOverride>>,
    /// Overrides by the name of the retry budget, or by the beginning of names.
    pub budgets: BTreeMap<String, BudgetOverride>,
    /// Overrides by the name of the retry, or by the beginning of names.
    pub retries: BTreeMap<String, RetryOverride>,
}

impl Overrides {
    /// Makes overrides that change nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the `defaults`. They apply if neither the code nor an override gives a setting.
    #[must_use]
    pub fn with_defaults(mut self, defaults: BreakerConfigBuilder) -> Self {
        self.defaults = defaults;
        self
    }

    /// Overrides the breakers of a name or prefix, and replaces an earlier override of the same
    /// name or prefix.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, what: impl Into<BreakerOverride>) -> Self {
        self.breakers.insert(name.into(), what.into());
        self
    }

    /// Overrides a key, or the keys with a prefix, of breakers with keys, and replaces an earlier
    /// override of the same name and key.
    #[must_use]
    pub fn with_key(
        mut self,
        name: impl Into<String>,
        key: impl Into<String>,
        what: impl Into<BreakerOverride>,
    ) -> Self {
        self.keys.entry(name.into()).or_default().insert(key.into(), what.into());
        self
    }

    /// Overrides the retry budgets of a name or prefix, and replaces an earlier override of the
    /// same name or prefix.
    #[must_use]
    pub fn with_budget(mut self, name: impl Into<String>, what: impl Into<BudgetOverride>) -> Self {
        self.budgets.insert(name.into(), what.into());
        self
    }

    /// Overrides the retries of a name or prefix, and replaces an earlier override of the same name
    /// or prefix.
    #[must_use]
    pub fn with_retry(mut self, name: impl Into<String>, what: impl Into<RetryOverride>) -> Self {
        self.retries.insert(name.into(), what.into());
        self
    }

    /// Returns all tables but `[defaults]`, in order.
    pub(in crate::registry) fn tables(&self) -> BTreeSet<OverrideTable> {
        let of = |target| move |name: &String| OverrideTable::new(target, name);
        let keys = self
            .keys
            .iter()
            .flat_map(|(name, keys)| keys.keys().map(move |key| OverrideTable::of_key(name, key)));
        let breakers = self.breakers.keys().map(of(OverrideTarget::Breaker));
        let budgets = self.budgets.keys().map(of(OverrideTarget::Budget));
        let retries = self.retries.keys().map(of(OverrideTarget::Retry));
        breakers.chain(keys).chain(budgets).chain(retries).collect()
    }

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
