//! All overrides of a registry: settings and modes of breakers and budgets, which win over the code.

use std::collections::BTreeMap;

use super::override_error::Subject;
use super::{BreakerOverride, BudgetOverride, OverrideError, RetryOverride};
use crate::breaker::BreakerConfigBuilder;
use crate::retry::{BudgetConfig, BudgetConfigBuilder, RetryOverlay};
use crate::signal::Hold;

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
    /// Overrides by the name of the retry.
    #[cfg_attr(feature = "serde", serde(skip))]
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

    /// Overrides one retry, and replaces an earlier override of that retry.
    #[must_use]
    pub fn with_retry(mut self, name: impl Into<String>, what: impl Into<RetryOverride>) -> Self {
        self.retries.insert(name.into(), what.into());
        self
    }

    /// Returns the override of a retry.
    pub(in crate::registry) fn overlay(&self, name: &str) -> Option<RetryOverlay> {
        self.retries.get(name).map(RetryOverride::overlay)
    }

    /// Returns the settings of a budget with overrides applied. `declared` holds the settings of
    /// the code.
    pub(in crate::registry) fn over_budget(
        &self,
        name: &str,
        declared: &BudgetConfig,
    ) -> BudgetConfigBuilder {
        let declared = declared.to_builder();
        match self.budgets.get(name) {
            Some(own) => own.settings.or(&declared),
            None => declared,
        }
    }

    /// Returns the settings of a breaker with overrides applied. `declared` holds the settings of
    /// the code.
    pub(in crate::registry) fn over(
        &self,
        name: &str,
        declared: &BreakerConfigBuilder,
    ) -> BreakerConfigBuilder {
        // G2
        let own = self.breakers.get(name).map(|own| own.settings.clone());
        own.unwrap_or_default().or(declared).or(&self.defaults)
    }

    pub(in crate::registry) fn hold(&self, name: &str) -> Option<Hold> {
        let own = self.breakers.get(name)?;
        Some(Hold { mode: own.mode?, lasts: own.mode_for, note: own.note.clone() })
    }

    /// Checks each override alone. Conflicts with the settings in the code are checked elsewhere.
    pub(in crate::registry) fn check(&self) -> Result<(), OverrideError> {
        self.defaults.check_part().map_err(OverrideError::of(Subject::Defaults))?;
        for (name, own) in &self.breakers {
            own.settings.check_part().map_err(OverrideError::of_breaker(name))?;
        }
        for (name, own) in &self.budgets {
            own.settings.check_part().map_err(OverrideError::of_budget(name))?;
        }
        for (name, own) in &self.retries {
            own.settings.check_part().map_err(OverrideError::of_retry(name))?;
        }
        Ok(())
    }
}
