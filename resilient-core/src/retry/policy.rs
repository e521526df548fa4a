//! The checked settings of a retry policy, with every default filled in.

use std::time::Duration;

use resilient_settings::retry::default;
use resilient_settings::{Value, fields, retry_settings};

use super::backoff::Backoff;
use super::jitter::Jitter;
use crate::settings::{builder, setters, settings};

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

/// Checked settings of a retry.
///
#[doc = include_str!("settings.md")]
#[derive(Debug, Clone)]
pub struct RetryPolicy {
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
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

retry_settings!(fields settings {
    /// The settings that the caller gave; all others are `None`. The expansion of an attribute
    /// stores such a value in a constant.
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
    pub struct RetryPolicyBuilder of RetrySettings for RetryPolicy
});

impl RetryPolicyBuilder {
    /// Seeds the jitter, for tests: every call draws the same delays.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
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
