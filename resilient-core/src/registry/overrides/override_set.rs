//! All overrides of a registry.

use std::collections::{BTreeMap, BTreeSet};

use super::{BreakerOverride, BudgetOverride, RetryOverride};
use crate::breaker::BreakerConfigBuilder;
use crate::signal::{OverrideTable, OverrideTarget};

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
}
