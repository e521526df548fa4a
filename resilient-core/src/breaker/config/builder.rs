//! The builder of a breaker's settings, and their defaults.

use resilient_settings::breaker::default;
use resilient_settings::{Settings, Window, breaker_settings, fields};

use super::checked::{AbandonedOutcome, BreakerConfig, Conditions};
use crate::settings::{PartialSettings, builder, check_part, settings};
use crate::signal::{ConfigError, NamedValue, SettingValues, given_bits};

breaker_settings!(fields settings {
    /// The settings that the caller gave.
    #[derive(PartialEq)]
    pub struct BreakerSettings from breaker
});

breaker_settings!(fields builder {
    /// Settings of a breaker before they are checked. See [`BreakerConfig`] for defaults and
    /// ranges.
    ///
    /// ```
    /// use resilient_core::breaker::BreakerConfig;
    /// use std::time::Duration;
    ///
    /// let config = BreakerConfig::builder()
    ///     .window(100)
    ///     .failure_rate("50%")
    ///     .recovery_time(Duration::from_secs(10))
    ///     .recovery_factor(2.0)
    ///     .build()?;
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    #[derive(PartialEq)]
    pub struct BreakerConfigBuilder of BreakerSettings for BreakerConfig
});

impl PartialSettings for BreakerConfigBuilder {
    fn number(setting: &str) -> Option<usize> {
        BreakerSettings::TABLE.names().position(|name| name == setting)
    }

    fn given(&self) -> u32 {
        given_bits(&self.settings)
    }

    fn or(mut self, other: &Self) -> Self {
        self.settings = self.settings.or(&other.settings);
        self.unreadable.extend(&other.unreadable);
        self
    }
}

impl BreakerConfigBuilder {
    /// Checks the incomplete settings of an override or of an operator's `defaults`. A missing
    /// setting breaks no rule, because the code of the breaker supplies it later.
    pub(crate) fn check_part(&self) -> Result<(), ConfigError> {
        self.unreadable.check()?;
        check_part(&self.settings)
    }
}

impl BreakerSettings {
    pub(super) fn complete(&self) -> BreakerConfig {
        let given = given_bits(self);
        let recovery_time = self.recovery_time.unwrap_or(default::recovery_time());
        let has_other_condition = self.failure_rate.is_some()
            || self.failure_count.is_some()
            || self.slow_call_rate.is_some();
        let most_calls = match self.window {
            Some(Window::Calls(calls)) => calls,
            _ => u32::MAX,
        };
        let max_recovery_time = default::max_recovery_time().max(recovery_time);
        let probe_timeout = default::probe_timeout(recovery_time);
        BreakerConfig {
            given,
            is_provisional: false,
            conditions: Conditions {
                failure_threshold: self
                    .failure_threshold
                    .or((!has_other_condition).then(default::failure_threshold)),
                failure_span: Some(self.failure_span.unwrap_or(default::failure_span()))
                    .filter(|span| !span.is_zero()),
                failure_count: self.failure_count,
                failure_rate: self.failure_rate,
                slow_call_rate: self.slow_call_rate,
                min_calls: self.min_calls.unwrap_or(default::min_calls().min(most_calls)),
            },
            window: self.window,
            window_buckets: self.window_buckets.unwrap_or(default::window_buckets()),
            slow_call: self.slow_call,
            recovery_time,
            recovery_factor: self.recovery_factor.unwrap_or(default::recovery_factor()),
            max_recovery_time: self.max_recovery_time.unwrap_or(max_recovery_time),
            recovery_jitter: self.recovery_jitter.unwrap_or(default::recovery_jitter()),
            half_open_max_calls: self.half_open_max_calls.unwrap_or(default::half_open_max_calls()),
            half_open_successes: self.half_open_successes.unwrap_or(default::half_open_successes()),
            half_open_failures: self.half_open_failures.unwrap_or(default::half_open_failures()),
            probe_timeout: self.probe_timeout.unwrap_or(probe_timeout),
            abandoned: self.abandoned.unwrap_or_default(),
            remember_errors: self.remember_errors.unwrap_or(default::remember_errors()),
            max_keys: self.max_keys.unwrap_or(default::max_keys()),
        }
    }
}

impl BreakerConfig {
    /// Returns all values as settings, including defaults.
    pub(super) fn values(&self) -> BreakerSettings {
        BreakerSettings {
            failure_threshold: self.conditions.failure_threshold,
            failure_span: Some(self.conditions.failure_span.unwrap_or_default()),
            window: self.window,
            window_buckets: Some(self.window_buckets),
            min_calls: Some(self.conditions.min_calls),
            failure_rate: self.conditions.failure_rate,
            failure_count: self.conditions.failure_count,
            slow_call: self.slow_call,
            slow_call_rate: self.conditions.slow_call_rate,
            recovery_time: Some(self.recovery_time),
            recovery_factor: Some(self.recovery_factor),
            max_recovery_time: Some(self.max_recovery_time),
            recovery_jitter: Some(self.recovery_jitter),
            half_open_max_calls: Some(self.half_open_max_calls),
            half_open_successes: Some(self.half_open_successes),
            half_open_failures: Some(self.half_open_failures),
            probe_timeout: Some(self.probe_timeout),
            abandoned: Some(self.abandoned),
            remember_errors: Some(self.remember_errors),
            max_keys: Some(self.max_keys),
        }
    }

    /// Returns only the values that the caller gave.
    pub(super) fn given_values(&self) -> BreakerSettings {
        let mut values = self.values();
        let is_default = |setting: &usize| self.given & (1 << setting) == 0;
        let settings = 0..BreakerSettings::TABLE.settings.len();
        settings.filter(is_default).for_each(|setting| values.forget(setting));
        values
    }
}

impl BreakerConfig {
    /// Starts a builder in which every setting has its default.
    pub fn builder() -> BreakerConfigBuilder {
        BreakerConfigBuilder::default()
    }

    // G3
    /// Marks the settings as the defaults of a library: a
    /// [lease](crate::registry::Registry::lease) with them applies them only until other code gives
    /// the name its settings. A builder from [`to_builder`](Self::to_builder) does not keep the
    /// mark, because its user then gives settings.
    ///
    /// ```
    /// use resilient_core::breaker::BreakerConfig;
    /// use resilient_core::registry::Registry;
    ///
    /// let registry = Registry::new();
    /// let of_library = BreakerConfig::builder().failure_threshold(10).build()?;
    /// let payments = registry.lease("payments", of_library.clone().provisional());
    /// assert_eq!(payments.config(), of_library);
    ///
    /// let of_user = BreakerConfig::builder().failure_threshold(2).build()?;
    /// let _same = registry.lease("payments", of_user.clone());
    /// assert_eq!(payments.config(), of_user);
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn provisional(mut self) -> Self {
        self.is_provisional = true;
        self
    }

    /// Returns whether a lease with this configuration gives its name settings.
    pub(crate) fn gives_settings(&self) -> bool {
        self.given != 0 && !self.is_provisional
    }

    /// Returns a builder that holds only the settings that the caller gave, and no defaults. Use it
    /// to change some settings.
    ///
    /// ```
    /// # use resilient_core::breaker::BreakerConfig;
    /// let strict = BreakerConfig::builder().failure_threshold(1).build()?;
    /// let strict_twice = strict.to_builder().half_open_successes(2).build()?;
    /// # assert_ne!(strict, strict_twice);
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    pub fn to_builder(&self) -> BreakerConfigBuilder {
        self.given_values().into()
    }
}

impl SettingValues for BreakerConfig {
    fn values(&self) -> Vec<NamedValue> {
        Self::values(self).named_values().collect()
    }

    fn given(&self) -> u32 {
        self.given
    }
}

impl From<BreakerConfig> for BreakerConfigBuilder {
    fn from(config: BreakerConfig) -> Self {
        config.to_builder()
    }
}

impl Default for BreakerConfig {
    fn default() -> Self {
        BreakerSettings::NONE.complete()
    }
}
