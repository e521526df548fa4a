//! Overrides by operators: settings and modes of breakers and budgets that win over the code.

use std::collections::BTreeMap;
use std::fmt;

use crate::breaker::{BreakerConfigBuilder, OperatorMode};
use crate::retry::{BudgetConfig, BudgetConfigBuilder};
use crate::signal::ConfigError;

/// An operator's override of one breaker. It wins over the code.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, OperatorMode};
/// use resilient_core::registry::BreakerOverride;
///
/// let strict = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2));
/// let trial = strict.clone().with_mode(OperatorMode::ObserveOnly);
/// # assert_ne!(strict, trial);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct BreakerOverride {
    /// The settings that win over those in the code.
    pub settings: BreakerConfigBuilder,
    /// The mode that holds the breaker in a state. When an override without the mode replaces it,
    /// the circuit closes, unless an operator changed its state since.
    pub mode: Option<OperatorMode>,
}

impl BreakerOverride {
    /// Sets the mode.
    #[must_use]
    pub fn with_mode(mut self, mode: OperatorMode) -> Self {
        self.mode = Some(mode);
        self
    }
}

impl From<BreakerConfigBuilder> for BreakerOverride {
    fn from(settings: BreakerConfigBuilder) -> Self {
        let mode = None;
        Self { settings, mode }
    }
}

impl From<OperatorMode> for BreakerOverride {
    fn from(mode: OperatorMode) -> Self {
        Self::default().with_mode(mode)
    }
}

/// An operator's override of one retry budget. It wins over the code.
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
    /// The settings that win over those in the code.
    pub settings: BudgetConfigBuilder,
}

impl From<BudgetConfigBuilder> for BudgetOverride {
    fn from(settings: BudgetConfigBuilder) -> Self {
        Self { settings }
    }
}

/// All overrides of a registry: defaults of breakers, and overrides by name.
///
/// A setting is that of the first of these that gives it: the override of the name, the code,
/// `defaults`, the [library's default](crate::breaker::BreakerConfig).
///
/// With the feature `serde`, overrides can be deserialized. Durations are text like `"250ms"` or
/// `"1m 30s"`, shares `0.5` or `"50%"`, `window` is a number or a duration, `mode` one of
/// `forced_open`, `disabled` and `observe_only`. With the feature `toml`, a registry reads them
/// from a document: see `Registry::load_overrides`.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Overrides {
    /// Settings of breakers that neither code nor override give.
    pub defaults: BreakerConfigBuilder,
    /// Overrides by the breaker's name.
    pub breakers: BTreeMap<String, BreakerOverride>,
    /// Overrides by the retry budget's name.
    pub budgets: BTreeMap<String, BudgetOverride>,
}

impl Overrides {
    /// Overrides nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the settings of breakers that neither code nor override give.
    #[must_use]
    pub fn with_defaults(mut self, defaults: BreakerConfigBuilder) -> Self {
        self.defaults = defaults;
        self
    }

    /// Overrides one breaker, in place of an earlier override.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, what: impl Into<BreakerOverride>) -> Self {
        self.breakers.insert(name.into(), what.into());
        self
    }

    /// Overrides one retry budget, in place of an earlier override.
    #[must_use]
    pub fn with_budget(mut self, name: impl Into<String>, what: impl Into<BudgetOverride>) -> Self {
        self.budgets.insert(name.into(), what.into());
        self
    }

    /// The settings of a budget that the code declares with `declared`.
    pub(super) fn over_budget(&self, name: &str, declared: &BudgetConfig) -> BudgetConfigBuilder {
        let declared = declared.to_builder();
        match self.budgets.get(name) {
            Some(own) => own.settings.or(&declared),
            None => declared,
        }
    }

    /// The settings of a breaker that the code declares with `declared`.
    pub(super) fn over(&self, name: &str, declared: &BreakerConfigBuilder) -> BreakerConfigBuilder {
        // G2
        let own = self.breakers.get(name).map(|own| own.settings.clone());
        own.unwrap_or_default().or(declared).or(&self.defaults)
    }

    pub(super) fn mode(&self, name: &str) -> Option<OperatorMode> {
        self.breakers.get(name).and_then(|own| own.mode)
    }

    /// Checks each override by itself. Whether it goes with the code depends on the code.
    pub(super) fn check(&self) -> Result<(), OverrideError> {
        self.defaults.check_part().map_err(OverrideError::of(Subject::Defaults))?;
        for (name, own) in &self.breakers {
            own.settings.check_part().map_err(OverrideError::of_breaker(name))?;
        }
        for (name, own) in &self.budgets {
            own.settings.check_part().map_err(OverrideError::of_budget(name))?;
        }
        Ok(())
    }
}

/// The effect of overrides that were accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OverrideReport {
    /// Names of overrides whose breakers exist: the breakers have the settings now.
    pub live: Vec<String>,
    /// Names of overrides whose breakers do not exist yet. Look for a misspelt name here: the
    /// breaker of an annotated function exists from its first call on.
    pub waiting: Vec<String>,
    /// Names of overrides whose retry budgets exist.
    pub live_budgets: Vec<String>,
    /// Names of overrides whose retry budgets do not exist yet.
    pub waiting_budgets: Vec<String>,
}

/// The error of overrides that were refused. None of them was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideError {
    subject: Subject,
    error: ConfigError,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Defaults,
    Breaker(Box<str>),
    Budget(Box<str>),
}

impl OverrideError {
    pub(super) fn of_breaker(name: &str) -> impl FnOnce(ConfigError) -> Self + use<> {
        Self::of(Subject::Breaker(name.into()))
    }

    pub(super) fn of_budget(name: &str) -> impl FnOnce(ConfigError) -> Self + use<> {
        Self::of(Subject::Budget(name.into()))
    }

    fn of(subject: Subject) -> impl FnOnce(ConfigError) -> Self {
        |error| Self { subject, error }
    }

    /// The breaker whose settings break a rule. `None` for the defaults alone, and for a budget.
    #[must_use]
    pub fn breaker(&self) -> Option<&str> {
        match &self.subject {
            Subject::Breaker(name) => Some(name),
            Subject::Defaults | Subject::Budget(_) => None,
        }
    }

    /// The retry budget whose settings break a rule.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        match &self.subject {
            Subject::Budget(name) => Some(name),
            Subject::Defaults | Subject::Breaker(_) => None,
        }
    }

    /// The setting and the rule that it breaks.
    #[must_use]
    pub fn config_error(&self) -> &ConfigError {
        &self.error
    }
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
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
