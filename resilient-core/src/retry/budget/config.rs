//! The settings of a budget, and what they must keep.

use crate::signal::ConfigError;

/// A hundred retries at the default cost: enough to ride out a burst of failures without noticing the budget.
const CAPACITY: u32 = 500;
/// One retry for five successes, once the bucket is empty: a fifth more than the demand.
const RETRY_COST: u32 = 5;
/// A client that has seen no success yet may retry ten calls by default.
const RESERVE_SHARE: u32 = 10;
const DEPOSIT: u32 = 1;

const AT_LEAST_ONE: &str = "must be at least 1";
const WITHIN_CAPACITY: &str = "must not be above `capacity`";
const WITHIN_DEFAULT_CAPACITY: &str = "must not be above `capacity`, which is 500 by default";

/// Checked settings of a [`RetryBudget`](crate::retry::RetryBudget), in tokens.
///
/// | setting | what | range | default |
/// |---|---|---|---|
/// | [`capacity`](BudgetConfigBuilder::capacity) | the most tokens that the bucket holds | ≥ 1 | 500 |
/// | [`retry_cost`](BudgetConfigBuilder::retry_cost) | what a retry takes | 1 to the capacity | 5, or the capacity if that is less |
/// | [`initial_tokens`](BudgetConfigBuilder::initial_tokens) | tokens at the start | 0 to the capacity | a tenth of the capacity, but enough for one retry |
/// | [`deposit`](BudgetConfigBuilder::deposit) | what a call brings that succeeds at its first attempt | any | 1 |
///
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
    /// Which of them were set: the others are defaults, which depend on these.
    #[cfg_attr(feature = "serde", serde(skip))]
    given: BudgetConfigBuilder,
    capacity: u32,
    retry_cost: u32,
    initial_tokens: u32,
    deposit: u32,
}

impl BudgetConfig {
    /// Settings to change, starting from the defaults.
    pub const fn builder() -> BudgetConfigBuilder {
        BudgetConfigBuilder {
            capacity: None,
            retry_cost: None,
            initial_tokens: None,
            deposit: None,
        }
    }

    /// The most tokens that the bucket holds.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// What a retry takes.
    #[must_use]
    pub const fn retry_cost(&self) -> u32 {
        self.retry_cost
    }

    /// Tokens at the start.
    #[must_use]
    pub const fn initial_tokens(&self) -> u32 {
        self.initial_tokens
    }

    /// What a call brings that succeeds at its first attempt.
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

/// Equal settings are equal, however they were written.
impl PartialEq for BudgetConfig {
    fn eq(&self, other: &Self) -> bool {
        let settings = |it: &Self| (it.capacity, it.retry_cost, it.initial_tokens, it.deposit);
        settings(self) == settings(other)
    }
}

impl Eq for BudgetConfig {}

/// Settings of a budget that are not checked yet; see [`BudgetConfig`] for their ranges and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, deny_unknown_fields, expecting = "a table of settings")
)]
#[must_use]
pub struct BudgetConfigBuilder {
    capacity: Option<u32>,
    retry_cost: Option<u32>,
    initial_tokens: Option<u32>,
    deposit: Option<u32>,
}

impl BudgetConfigBuilder {
    /// The most tokens that the bucket holds. Full, it pays for `capacity / retry_cost` retries in a row: so many a process
    /// makes beyond the demand at the beginning of an outage.
    pub const fn capacity(mut self, tokens: u32) -> Self {
        self.capacity = Some(tokens);
        self
    }

    /// What a retry takes from the bucket. A success of it gives the cost back.
    pub const fn retry_cost(mut self, tokens: u32) -> Self {
        self.retry_cost = Some(tokens);
        self
    }

    /// Tokens at the start: so that a client which has seen no success yet may retry `initial_tokens / retry_cost` times. Where
    /// clients make few calls each, this decides what an outage costs: of n calls that all fail, the load is
    /// 1 + `initial_tokens / retry_cost` / n times the demand.
    pub const fn initial_tokens(mut self, tokens: u32) -> Self {
        self.initial_tokens = Some(tokens);
        self
    }

    /// What a call brings that succeeds at its first attempt. At zero, retries live on the reserve and on what their
    /// successes give back.
    pub const fn deposit(mut self, tokens: u32) -> Self {
        self.deposit = Some(tokens);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the first setting out of range, its value, and the rule.
    pub fn build(&self) -> Result<BudgetConfig, ConfigError> {
        self.check_each()?;
        let complete = self.complete();
        let rule = match self.capacity {
            Some(_) => WITHIN_CAPACITY,
            None => WITHIN_DEFAULT_CAPACITY,
        };
        self.check_within(complete.capacity, rule)?;
        Ok(complete)
    }

    /// What is wrong wherever it stands: also in an override, which code may add settings to.
    pub(crate) fn check_each(&self) -> Result<(), ConfigError> {
        for (field, value) in [("capacity", self.capacity), ("retry_cost", self.retry_cost)] {
            if value == Some(0) {
                return Err(ConfigError::new(field, 0, AT_LEAST_ONE));
            }
        }
        match self.capacity {
            Some(capacity) => self.check_within(capacity, WITHIN_CAPACITY),
            None => Ok(()),
        }
    }

    fn check_within(&self, capacity: u32, rule: &'static str) -> Result<(), ConfigError> {
        for (field, value) in [
            ("retry_cost", self.retry_cost),
            ("initial_tokens", self.initial_tokens),
        ] {
            if let Some(value) = value {
                if value > capacity {
                    return Err(ConfigError::new(field, value, rule));
                }
            }
        }
        Ok(())
    }

    /// The settings, with every one that breaks a rule replaced by its default, and what was wrong with those.
    pub(crate) fn build_leniently(mut self) -> (BudgetConfig, Vec<ConfigError>) {
        let mut errors = Vec::new();
        // Each round forgets one setting that was given, so this ends, at the defaults at the latest.
        loop {
            match self.build() {
                Ok(config) => return (config, errors),
                Err(error) => {
                    match error.field() {
                        "capacity" => self.capacity = None,
                        "retry_cost" => self.retry_cost = None,
                        "initial_tokens" => self.initial_tokens = None,
                        _ => self = BudgetConfig::builder(),
                    }
                    errors.push(error);
                }
            }
        }
    }

    /// These settings, and those of `other` where these say nothing.
    pub(crate) fn or(self, other: &Self) -> Self {
        Self {
            capacity: self.capacity.or(other.capacity),
            retry_cost: self.retry_cost.or(other.retry_cost),
            initial_tokens: self.initial_tokens.or(other.initial_tokens),
            deposit: self.deposit.or(other.deposit),
        }
    }

    const fn complete(&self) -> BudgetConfig {
        const fn or(given: Option<u32>, default: u32) -> u32 {
            match given {
                Some(given) => given,
                None => default,
            }
        }
        const fn least(one: u32, other: u32) -> u32 {
            if one < other { one } else { other }
        }
        let capacity = or(self.capacity, CAPACITY);
        let retry_cost = or(self.retry_cost, least(RETRY_COST, capacity));
        let tenth = capacity / RESERVE_SHARE;
        let initial_tokens = if tenth < retry_cost {
            retry_cost
        } else {
            tenth
        };
        BudgetConfig {
            given: *self,
            capacity,
            retry_cost,
            initial_tokens: or(self.initial_tokens, initial_tokens),
            deposit: or(self.deposit, DEPOSIT),
        }
    }
}
