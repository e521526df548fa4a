//! Overrides by operators. They change settings and modes of breakers and budgets, and win over the
//! code.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::breaker::{BreakerConfigBuilder, OperatorMode, OperatorNote};
use crate::retry::{BudgetConfig, BudgetConfigBuilder};
use crate::signal::{ConfigError, Hold};

/// An operator's override of one breaker. It wins over the code.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, OperatorMode};
/// use resilient_core::registry::BreakerOverride;
/// use std::time::Duration;
///
/// let strict = BreakerOverride::from(BreakerConfig::builder().failure_threshold(2));
/// let week = Duration::from_secs(7 * 24 * 3600);
/// let trial = strict.clone().with_mode_for(OperatorMode::ObserveOnly, week);
/// # assert_ne!(strict, trial);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct BreakerOverride {
    /// Settings that win over the settings in the code.
    pub settings: BreakerConfigBuilder,
    /// The mode that holds the breaker in a state. When a later override has no mode, the circuit
    /// closes, unless an operator has changed its state in the meantime.
    pub mode: Option<OperatorMode>,
    /// How long the mode holds a breaker, counted from the moment at which the override reaches the
    /// breaker. Then the breaker closes. `None` means until the override is cleared. Without a
    /// `mode`, this has no effect.
    pub mode_for: Option<Duration>,
    /// Who set the mode, and why. Without a `mode`, this has no effect.
    pub note: OperatorNote,
}

impl BreakerOverride {
    /// Sets the mode, until the override is cleared.
    #[must_use]
    pub fn with_mode(mut self, mode: OperatorMode) -> Self {
        (self.mode, self.mode_for) = (Some(mode), None);
        self
    }

    /// Sets the mode, and the time after which the breaker closes.
    #[must_use]
    pub fn with_mode_for(mut self, mode: OperatorMode, time: Duration) -> Self {
        (self.mode, self.mode_for) = (Some(mode), Some(time));
        self
    }

    /// Sets the note of the mode, which events, snapshots and logs repeat.
    #[must_use]
    pub fn with_note(mut self, note: OperatorNote) -> Self {
        self.note = note;
        self
    }
}

impl From<BreakerConfigBuilder> for BreakerOverride {
    fn from(settings: BreakerConfigBuilder) -> Self {
        Self { settings, ..Self::default() }
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
    /// Settings that win over the settings in the code.
    pub settings: BudgetConfigBuilder,
}

impl From<BudgetConfigBuilder> for BudgetOverride {
    fn from(settings: BudgetConfigBuilder) -> Self {
        Self { settings }
    }
}

/// All overrides of a registry: defaults of breakers, and overrides by name.
///
/// The first of these sources that gives a setting wins: the override of the name, the code,
/// `defaults`, the [library's default](crate::breaker::BreakerConfig).
///
/// With the feature `serde`, overrides can be deserialized. A duration is text like `"250ms"` or
/// `"1m 30s"`. A share is `0.5` or `"50%"`. `window` is a number or a duration. `mode` is
/// `forced_open`, `disabled` or `observe_only`; beside it, `mode_for` is a duration, and `operator`
/// and `reason` are text. With the feature `toml`, a registry reads overrides
/// from a document: see `Registry::load_overrides`.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Overrides {
    /// Settings that apply if neither the code nor an override gives a value.
    pub defaults: BreakerConfigBuilder,
    /// Overrides by the name of the breaker.
    pub breakers: BTreeMap<String, BreakerOverride>,
    /// Overrides by the name of the retry budget.
    pub budgets: BTreeMap<String, BudgetOverride>,
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

    /// Overrides one breaker, and replaces an earlier override of that breaker.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, what: impl Into<BreakerOverride>) -> Self {
        self.breakers.insert(name.into(), what.into());
        self
    }

    /// Overrides one retry budget, and replaces an earlier override of that budget.
    #[must_use]
    pub fn with_budget(mut self, name: impl Into<String>, what: impl Into<BudgetOverride>) -> Self {
        self.budgets.insert(name.into(), what.into());
        self
    }

    /// Returns the settings of a budget with overrides applied. `declared` holds the settings of
    /// the code.
    pub(super) fn over_budget(&self, name: &str, declared: &BudgetConfig) -> BudgetConfigBuilder {
        let declared = declared.to_builder();
        match self.budgets.get(name) {
            Some(own) => own.settings.or(&declared),
            None => declared,
        }
    }

    /// Returns the settings of a breaker with overrides applied. `declared` holds the settings of
    /// the code.
    pub(super) fn over(&self, name: &str, declared: &BreakerConfigBuilder) -> BreakerConfigBuilder {
        // G2
        let own = self.breakers.get(name).map(|own| own.settings.clone());
        own.unwrap_or_default().or(declared).or(&self.defaults)
    }

    pub(super) fn hold(&self, name: &str) -> Option<Hold> {
        let own = self.breakers.get(name)?;
        Some(Hold { mode: own.mode?, lasts: own.mode_for, note: own.note.clone() })
    }

    /// Checks each override alone. Conflicts with the settings in the code are checked elsewhere.
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
    /// Names of overrides whose breakers exist. The overrides apply to these breakers now.
    pub live: Vec<String>,
    /// Names of overrides whose breakers do not exist yet. A misspelt name also appears here. The
    /// breaker of an annotated function exists from the first call of the function.
    pub waiting: Vec<String>,
    /// Names of overrides whose retry budgets exist.
    pub live_budgets: Vec<String>,
    /// Names of overrides whose retry budgets do not exist yet.
    pub waiting_budgets: Vec<String>,
}

/// The error of overrides that were refused. None of the overrides was applied.
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

    /// Returns the breaker whose settings break a rule. Returns `None` if only `defaults` break a
    /// rule, or if the settings are of a budget.
    #[must_use]
    pub fn breaker(&self) -> Option<&str> {
        match &self.subject {
            Subject::Breaker(name) => Some(name),
            Subject::Defaults | Subject::Budget(_) => None,
        }
    }

    /// Returns the retry budget whose settings break a rule.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        match &self.subject {
            Subject::Budget(name) => Some(name),
            Subject::Defaults | Subject::Breaker(_) => None,
        }
    }

    /// Returns the setting and the rule that it breaks.
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
