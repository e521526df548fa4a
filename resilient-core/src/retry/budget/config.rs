//! The checked settings of a retry budget, with every default filled in.

use resilient_settings::budget::default;
use resilient_settings::{budget_settings, fields};

use crate::settings::{check, check_part, make_valid, setters, settings};
use crate::signal::ConfigError;

/// Checked settings of a [`RetryBudget`](crate::retry::RetryBudget), in tokens.
///
#[doc = include_str!("settings.md")]
/// ```
/// use resilient_core::retry::BudgetConfig;
///
/// let config = BudgetConfig::builder().capacity(100).build()?;
/// assert_eq!((config.retry_cost(), config.initial_tokens(), config.deposit()), (5, 10, 1));
///
/// let error = BudgetConfig::builder().retry_cost(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "`retry_cost` is 0: must be at least 1");
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BudgetConfig {
    /// The settings that the caller gave. All other settings are defaults, which depend on the
    /// given settings.
    #[cfg_attr(feature = "serde", serde(skip))]
    given: BudgetConfigBuilder,
    capacity: u32,
    retry_cost: u32,
    initial_tokens: u32,
    deposit: u32,
}

impl BudgetConfig {
    /// Returns a builder that starts from the defaults.
    pub const fn builder() -> BudgetConfigBuilder {
        BudgetConfigBuilder::NONE
    }

    /// Returns the most tokens that the bucket holds.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Returns the tokens that a retry takes.
    #[must_use]
    pub const fn retry_cost(&self) -> u32 {
        self.retry_cost
    }

    /// Returns the number of tokens at the start.
    #[must_use]
    pub const fn initial_tokens(&self) -> u32 {
        self.initial_tokens
    }

    /// Returns the tokens that a call adds when it succeeds at its first attempt.
    #[must_use]
    pub const fn deposit(&self) -> u32 {
        self.deposit
    }

    pub(crate) const fn to_builder(self) -> BudgetConfigBuilder {
        self.given
    }
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self::builder().complete()
    }
}

/// Compares only the values. Whether a value was given or is a default makes no difference.
impl PartialEq for BudgetConfig {
    fn eq(&self, other: &Self) -> bool {
        let settings = |it: &Self| (it.capacity, it.retry_cost, it.initial_tokens, it.deposit);
        settings(self) == settings(other)
    }
}

impl Eq for BudgetConfig {}

budget_settings!(fields settings {
    /// The unchecked settings of a budget. See [`BudgetConfig`] for defaults and ranges.
    #[derive(PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
    #[cfg_attr(
        feature = "serde",
        serde(default, deny_unknown_fields, expecting = "a table of settings")
    )]
    pub struct BudgetConfigBuilder from budget
});

budget_settings!(fields setters { BudgetConfigBuilder });

impl BudgetConfigBuilder {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] that names the first setting out of range, its value, and the
    /// rule.
    pub fn build(&self) -> Result<BudgetConfig, ConfigError> {
        check(self)?;
        Ok(self.complete())
    }

    /// Checks incomplete settings, such as an override. The settings in the code complete them
    /// later.
    pub(crate) fn check_part(&self) -> Result<(), ConfigError> {
        check_part(self)
    }

    /// Replaces each invalid setting with its default, and returns the errors.
    pub(crate) fn build_leniently(mut self) -> (BudgetConfig, Vec<ConfigError>) {
        let errors = make_valid(&mut self);
        (self.complete(), errors)
    }

    fn complete(&self) -> BudgetConfig {
        let capacity = self.capacity.unwrap_or(default::capacity());
        let retry_cost = default::retry_cost().min(capacity);
        let retry_cost = self.retry_cost.unwrap_or(retry_cost);
        let initial_tokens = default::initial_tokens(capacity, retry_cost);
        BudgetConfig {
            given: *self,
            capacity,
            retry_cost,
            initial_tokens: self.initial_tokens.unwrap_or(initial_tokens),
            deposit: self.deposit.unwrap_or(default::deposit()),
        }
    }
}
