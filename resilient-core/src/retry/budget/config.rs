//! The checked settings of a retry budget, with every default filled in.

use std::panic::Location;
use std::sync::Arc;

use resilient_settings::budget::default;
use resilient_settings::{Settings, budget_settings, fields};

use crate::settings::{PartialSettings, check, check_part, make_valid, setters, settings};
use crate::signal::{
    ConfigError, NamedValue, SettingOrigins, SettingValues, SettingsInForce, given_bits,
};

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
    /// Whether a lease with this configuration accepts the settings of other code.
    #[cfg_attr(feature = "serde", serde(skip))]
    is_provisional: bool,
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

    pub(super) const fn is_off(&self) -> bool {
        self.capacity == 0
    }

    /// Returns a builder that holds only the settings that the caller gave, and no defaults. Use it
    /// to change some settings.
    ///
    /// ```
    /// use resilient_core::retry::BudgetConfig;
    ///
    /// let small = BudgetConfig::builder().capacity(100).retry_cost(4).build()?;
    /// let generous = small.to_builder().deposit(2).build()?;
    /// assert_eq!((generous.capacity(), generous.retry_cost(), generous.deposit()), (100, 4, 2));
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    pub const fn to_builder(self) -> BudgetConfigBuilder {
        self.given
    }

    // G3
    /// Marks the settings as the defaults of a library: see
    /// [`BreakerConfig::provisional`](crate::breaker::BreakerConfig::provisional).
    #[must_use]
    pub const fn provisional(mut self) -> Self {
        self.is_provisional = true;
        self
    }

    /// Returns whether a lease with this configuration gives its name settings.
    pub(crate) fn gives_settings(&self) -> bool {
        self.given != BudgetConfigBuilder::NONE && !self.is_provisional
    }
}

impl PartialSettings for BudgetConfigBuilder {
    fn number(setting: &str) -> Option<usize> {
        Self::TABLE.names().position(|name| name == setting)
    }

    fn given(&self) -> u32 {
        given_bits(self)
    }

    fn or(self, other: &Self) -> Self {
        Self::or(self, other)
    }
}

impl SettingValues for BudgetConfig {
    fn values(&self) -> Vec<NamedValue> {
        let values = BudgetConfigBuilder {
            capacity: Some(self.capacity),
            retry_cost: Some(self.retry_cost),
            initial_tokens: Some(self.initial_tokens),
            deposit: Some(self.deposit),
        };
        values.named_values().collect()
    }

    fn given(&self) -> u32 {
        given_bits(&self.given)
    }
}

/// The settings of a budget that are in force.
#[derive(Debug, Clone)]
pub(crate) struct LiveBudgetSettings {
    pub(crate) config: BudgetConfig,
    pub(crate) origins: SettingOrigins,
}

impl LiveBudgetSettings {
    /// Makes the settings that the code gives, without an override.
    pub(crate) fn of_code(config: BudgetConfig, place: &'static Location<'static>) -> Self {
        Self { config, origins: SettingOrigins::of_code(place) }
    }

    pub(crate) fn with_origin(&self) -> SettingsInForce {
        SettingsInForce::new(Arc::new(self.config), self.origins.clone())
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

    /// Checks the incomplete settings of an override. The settings in the code complete them later.
    pub(crate) fn check_part(&self) -> Result<(), ConfigError> {
        check_part(&self.with_possible_capacity())
    }

    /// Checks the settings of the code with overrides applied. Only these may have the capacity
    /// zero.
    pub(crate) fn build_overridden(&self) -> Result<BudgetConfig, ConfigError> {
        let possible = self.with_possible_capacity();
        check(&possible)?;
        Ok(possible.complete_overridden(self.is_off()))
    }

    /// Replaces each invalid setting of overridden code with its default, and returns the errors.
    pub(crate) fn build_leniently(self) -> (BudgetConfig, Vec<ConfigError>) {
        let mut possible = self.with_possible_capacity();
        let errors = make_valid(&mut possible);
        (possible.complete_overridden(self.is_off()), errors)
    }

    const fn is_off(&self) -> bool {
        matches!(self.capacity, Some(0))
    }

    /// Replaces the capacity zero, which only an override may give, with the largest capacity. A
    /// budget that is off breaks no rule about its capacity.
    const fn with_possible_capacity(mut self) -> Self {
        if self.is_off() {
            self.capacity = Some(u32::MAX);
        }
        self
    }

    // G2: an override switches the retries of a budget off.
    fn complete_overridden(mut self, is_off: bool) -> BudgetConfig {
        if !is_off {
            return self.complete();
        }
        self.initial_tokens = Some(0);
        let config = self.complete();
        let given = Self { capacity: Some(0), initial_tokens: None, ..config.given };
        BudgetConfig { given, capacity: 0, ..config }
    }

    fn complete(&self) -> BudgetConfig {
        let capacity = self.capacity.unwrap_or(default::capacity());
        let retry_cost = default::retry_cost().min(capacity);
        let retry_cost = self.retry_cost.unwrap_or(retry_cost);
        let initial_tokens = default::initial_tokens(capacity, retry_cost);
        BudgetConfig {
            given: *self,
            is_provisional: false,
            capacity,
            retry_cost,
            initial_tokens: self.initial_tokens.unwrap_or(initial_tokens),
            deposit: self.deposit.unwrap_or(default::deposit()),
        }
    }
}
