//! The checked settings of a retry policy, with every default filled in.

use std::str::FromStr;
use std::time::Duration;

use resilient_settings::retry::{TABLE, default, key};
use resilient_settings::{Given, Settings, TextError, Value, fields, retry_settings};

use super::backoff::Backoff;
use super::jitter::Jitter;
use crate::settings::{builder, check_part, setters, settings};
use crate::signal::ConfigError;

/// What a call does when its circuit breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenOpen {
    /// The call ends at once with the error of its last attempt, or with the rejection if no
    /// attempt ran.
    #[default]
    Stop,
    /// The call waits until the breaker may admit it, if that instant is known and the wait fits
    /// into the time left. If probes hold all slots, that instant is the end of the first lease, so
    /// `probe_timeout` and `max_elapsed` bound the wait. If the circuit closes earlier, the waiting
    /// calls continue, spread over the length of the first delay. A wait is no attempt; a call
    /// waits at most `max_retries` times.
    Wait,
}

impl WhenOpen {
    pub(crate) const fn value(self) -> Value {
        Value::Word(match self {
            Self::Stop => "stop",
            Self::Wait => "wait",
        })
    }
}

impl FromStr for WhenOpen {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let value = TABLE.settings[key::when_open].read_word(text)?;
        let waits = value == Self::Wait.value();
        Ok(if waits { Self::Wait } else { Self::Stop })
    }
}

/// Checked settings of a retry.
///
#[doc = include_str!("settings.md")]
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// The settings that the caller gave, one bit for each setting of the table.
    given: u32,
    pub(super) max_retries: u32,
    pub(crate) backoff: Backoff,
    pub(super) base_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) backoff_factor: f64,
    pub(crate) jitter: Jitter,
    pub(super) max_retry_after: Duration,
    pub(super) max_elapsed: Option<Duration>,
    pub(crate) when_open: WhenOpen,
    pub(crate) remember_errors: bool,
    pub(super) seed: Option<u64>,
}

impl RetryPolicy {
    /// The policy in which every setting has its default.
    pub const DEFAULT: Self = RetrySettings::NONE.complete();

    /// Returns a builder that starts from the defaults.
    pub fn builder() -> RetryPolicyBuilder {
        RetryPolicyBuilder::default()
    }

    /// Returns a builder that holds only the settings that the caller gave, and no defaults. Use it
    /// to change some settings. A maximum of attempts is held as `max_retries`.
    ///
    /// ```
    /// # use resilient_core::retry::RetryPolicy;
    /// let slow = RetryPolicy::builder().base_delay("1s").build()?;
    /// let slow_twice = slow.to_builder().max_retries(2).build()?;
    /// # assert_ne!(slow, slow_twice);
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    pub fn to_builder(&self) -> RetryPolicyBuilder {
        self.given_values().into()
    }

    /// Returns all values as settings, including defaults.
    pub(super) fn values(&self) -> RetrySettings {
        RetrySettings {
            max_retries: Some(self.max_retries),
            max_attempts: None,
            backoff: Some(self.backoff),
            base_delay: Some(self.base_delay),
            max_delay: Some(self.max_delay),
            backoff_factor: Some(self.backoff_factor),
            jitter: Some(self.jitter),
            max_retry_after: Some(self.max_retry_after),
            max_elapsed: self.max_elapsed,
            when_open: Some(self.when_open),
            remember_errors: Some(self.remember_errors),
            seed: self.seed,
        }
    }

    /// Returns only the values that the caller gave.
    pub(crate) fn given_values(&self) -> RetrySettings {
        let mut values = self.values();
        let is_given = |setting: usize| self.given & (1 << setting) != 0;
        let gives_retries = is_given(key::max_retries) || is_given(key::max_attempts);
        for setting in 0..RetrySettings::TABLE.settings.len() {
            let is_kept = is_given(setting) || setting == key::max_retries && gives_retries;
            if !is_kept {
                values.forget(setting);
            }
        }
        values
    }
}

/// Compares only the values. Whether a value was given or is a default makes no difference.
impl PartialEq for RetryPolicy {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

retry_settings!(fields settings {
    /// The settings that the caller gave; all others are `None`. The expansion of an attribute
    /// stores such a value in a constant.
    #[derive(PartialEq)]
    pub struct RetrySettings from retry, with seed: u64
});

retry_settings!(fields setters { RetrySettings });

retry_settings!(fields builder {
    /// The unchecked settings of a retry. See [`RetryPolicy`] for defaults and ranges.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::builder()
    ///     .max_retries(5)
    ///     .base_delay("50ms")
    ///     .max_elapsed(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    #[derive(PartialEq)]
    pub struct RetryPolicyBuilder of RetrySettings for RetryPolicy
});

impl RetryPolicyBuilder {
    /// Seeds the jitter, for tests: every call draws the same delays.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Checks the incomplete settings of an override. A missing setting breaks no rule, because the
    /// code of the retry supplies it later.
    pub(crate) fn check_part(&self) -> Result<(), ConfigError> {
        self.unreadable.check()?;
        check_part(&self.settings)
    }
}

impl RetrySettings {
    /// Checks the settings at compile time.
    ///
    /// # Panics
    ///
    /// Panics if a setting is out of range or breaks a rule. In a constant, that panic is a compile
    /// error.
    #[must_use]
    pub const fn build_const(&self) -> RetryPolicy {
        assert!(
            resilient_settings::retry::TABLE.first_broken(&self.seen_by_rules()).is_none(),
            "a setting of this retry policy is out of range"
        );
        self.complete()
    }

    /// Returns these settings on top of the settings that the code of `policy` gives.
    pub(crate) fn over(self, policy: &RetryPolicy) -> RetryPolicyBuilder {
        let mut code = policy.given_values();
        if self.max_attempts.is_some() {
            code.max_retries = None;
        }
        self.or(&code).into()
    }

    /// Returns a bit for each setting of the table that has a value.
    const fn given_bits(&self) -> u32 {
        let given = self.seen_by_rules();
        let (mut bits, mut setting) = (0, 0);
        while setting < given.len() {
            if !matches!(given[setting], Given::Default) {
                bits |= 1 << setting;
            }
            setting += 1;
        }
        bits
    }

    const fn complete(&self) -> RetryPolicy {
        /// Does the work of `Option::unwrap_or`, which constants cannot call.
        macro_rules! or {
            ($given:expr, $default:expr) => {
                match $given {
                    Some(value) => value,
                    None => $default,
                }
            };
        }
        let max_retries = match self.max_attempts {
            Some(attempts) => attempts.saturating_sub(1),
            None => default::max_retries(),
        };
        RetryPolicy {
            given: self.given_bits(),
            max_retries: or!(self.max_retries, max_retries),
            backoff: or!(self.backoff, Backoff::Exponential),
            base_delay: or!(self.base_delay, default::base_delay()),
            max_delay: or!(self.max_delay, default::max_delay()),
            backoff_factor: or!(self.backoff_factor, default::backoff_factor()),
            jitter: or!(self.jitter, Jitter::Full),
            max_retry_after: or!(self.max_retry_after, default::max_retry_after()),
            max_elapsed: self.max_elapsed,
            when_open: or!(self.when_open, WhenOpen::Stop),
            remember_errors: or!(self.remember_errors, default::remember_errors()),
            seed: self.seed,
        }
    }
}
