//! What operators say of breakers and budgets by name: settings and modes that win over those of the code.

use std::collections::BTreeMap;
use std::fmt;

use crate::breaker::{BreakerConfigBuilder, OperatorMode};
use crate::retry::{BudgetConfig, BudgetConfigBuilder};
use crate::signal::ConfigError;

/// What an operator says of one name. What it leaves open, the code says.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, OperatorMode};
/// use resilient_core::registry::BreakerOverride;
///
/// let strict = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2));
/// let trial = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2)).with_mode(OperatorMode::ObserveOnly);
/// # assert_ne!(strict, trial);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct BreakerOverride {
    /// The settings that win over those of the code.
    pub settings: BreakerConfigBuilder,
    /// The state to hold the breaker in. Taking it back closes the circuit, unless its state was changed by hand since.
    pub mode: Option<OperatorMode>,
}

impl BreakerOverride {
    /// The same, with a mode.
    #[must_use]
    pub fn with_mode(mut self, mode: OperatorMode) -> Self {
        self.mode = Some(mode);
        self
    }
}

impl From<BreakerConfigBuilder> for BreakerOverride {
    fn from(settings: BreakerConfigBuilder) -> Self {
        Self {
            settings,
            mode: None,
        }
    }
}

impl From<OperatorMode> for BreakerOverride {
    fn from(mode: OperatorMode) -> Self {
        Self::default().with_mode(mode)
    }
}

/// What an operator says of one retry budget. What it leaves open, the code says.
///
/// ```
/// use resilient_core::registry::{BudgetOverride, Registry};
/// use resilient_core::retry::BudgetConfig;
///
/// let registry = Registry::new();
/// let payments = registry.get_or_register_budget("payments", BudgetConfig::default());
/// registry.override_budget("payments", BudgetConfig::builder().capacity(20))?;
/// assert_eq!((payments.config().capacity(), payments.tokens()), (20, 20));
/// # Ok::<(), resilient_core::registry::OverrideError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "BudgetConfigBuilder"))]
#[non_exhaustive]
pub struct BudgetOverride {
    /// The settings that win over those of the code.
    pub settings: BudgetConfigBuilder,
}

impl From<BudgetConfigBuilder> for BudgetOverride {
    fn from(settings: BudgetConfigBuilder) -> Self {
        Self { settings }
    }
}

/// Everything that an operator says: defaults of breakers, and overrides by name.
///
/// For each setting, the first of these holds that says something: the override of the name, the code, `defaults`, and the
/// [library's default](crate::breaker::BreakerConfig).
///
/// With the feature `serde` it can be deserialised. Durations are text like `"250ms"` or `"1m 30s"`, shares `0.5` or
/// `"50%"`, `window` a number or a duration, `mode` one of `forced_open`, `disabled` and `observe_only`. With the feature
/// `toml` a registry reads it from a document: see `Registry::load_overrides`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Overrides {
    /// Settings of breakers whose code and override leave them open.
    pub defaults: BreakerConfigBuilder,
    /// What wins over the code, by the breaker's name.
    pub breakers: BTreeMap<String, BreakerOverride>,
    /// What wins over the code, by the retry budget's name.
    pub budgets: BTreeMap<String, BudgetOverride>,
}

impl Overrides {
    /// Nothing is overridden.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with settings for breakers whose code leaves them open.
    #[must_use]
    pub fn with_defaults(mut self, defaults: BreakerConfigBuilder) -> Self {
        self.defaults = defaults;
        self
    }

    /// The same, with an override of one name, in place of an earlier one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, what: impl Into<BreakerOverride>) -> Self {
        self.breakers.insert(name.into(), what.into());
        self
    }

    /// The same, with an override of one retry budget, in place of an earlier one.
    #[must_use]
    pub fn with_budget(mut self, name: impl Into<String>, what: impl Into<BudgetOverride>) -> Self {
        self.budgets.insert(name.into(), what.into());
        self
    }

    /// The settings for a budget that the code gives these.
    pub(super) fn over_budget(&self, name: &str, declared: &BudgetConfig) -> BudgetConfigBuilder {
        let declared = declared.to_builder();
        match self.budgets.get(name) {
            Some(own) => own.settings.or(&declared),
            None => declared,
        }
    }

    /// The settings for a name that the code gives these.
    pub(super) fn over(&self, name: &str, declared: &BreakerConfigBuilder) -> BreakerConfigBuilder {
        let own = self.breakers.get(name);
        let settings = own.map_or_else(BreakerConfigBuilder::default, |own| own.settings.clone());
        settings.or(declared).or(&self.defaults)
    }

    pub(super) fn mode(&self, name: &str) -> Option<OperatorMode> {
        self.breakers.get(name).and_then(|own| own.mode)
    }

    /// Whether each setting is in its range; whether they go together depends on the code's.
    pub(super) fn check(&self) -> Result<(), OverrideError> {
        self.defaults
            .check_each()
            .map_err(OverrideError::of_defaults)?;
        for (name, own) in &self.breakers {
            own.settings
                .check_each()
                .map_err(|error| OverrideError::of_breaker(name, error))?;
        }
        for (name, own) in &self.budgets {
            own.settings
                .check_each()
                .map_err(|error| OverrideError::of_budget(name, error))?;
        }
        Ok(())
    }
}

/// What became of overrides that were accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OverrideReport {
    /// Names of overrides whose breakers exist: they hold there now.
    pub live: Vec<String>,
    /// Names of overrides for which there is no breaker yet. Look here for a misspelt name: a breaker of an annotated
    /// function exists from its first call on.
    pub waiting: Vec<String>,
    /// The same as `live`, of retry budgets.
    pub live_budgets: Vec<String>,
    /// The same as `waiting`, of retry budgets.
    pub waiting_budgets: Vec<String>,
}

/// Overrides that were refused. Nothing of them was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideError {
    of: Subject,
    error: ConfigError,
}

/// Whose override it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Defaults,
    Breaker(Box<str>),
    Budget(Box<str>),
}

impl OverrideError {
    fn of_defaults(error: ConfigError) -> Self {
        let of = Subject::Defaults;
        Self { of, error }
    }

    pub(super) fn of_breaker(name: &str, error: ConfigError) -> Self {
        let of = Subject::Breaker(name.into());
        Self { of, error }
    }

    pub(super) fn of_budget(name: &str, error: ConfigError) -> Self {
        let of = Subject::Budget(name.into());
        Self { of, error }
    }

    /// The breaker with whose settings it does not go together. `None` for the defaults by themselves, and for a budget.
    #[must_use]
    pub fn breaker(&self) -> Option<&str> {
        match &self.of {
            Subject::Breaker(name) => Some(name),
            Subject::Defaults | Subject::Budget(_) => None,
        }
    }

    /// The retry budget with whose settings it does not go together.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        match &self.of {
            Subject::Budget(name) => Some(name),
            Subject::Defaults | Subject::Breaker(_) => None,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn config_error(&self) -> &ConfigError {
        &self.error
    }
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Subject::Defaults => f.write_str("defaults")?,
            Subject::Breaker(name) => write!(f, "circuit breaker `{name}`")?,
            Subject::Budget(name) => write!(f, "retry budget `{name}`")?,
        }
        write!(f, ": {}", self.error)
    }
}

impl std::error::Error for OverrideError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
