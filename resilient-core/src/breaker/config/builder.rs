//! Settings before they are checked: each given, or left to its default.

use std::time::Duration;

use super::{
    AbandonedOutcome, BreakerConfig, Conditions, FAILURE_THRESHOLD, MAX_KEYS, MAX_RECOVERY_TIME,
    MIN_CALLS, PROBE_TIMEOUT, RECOVERY_TIME, WINDOW_BUCKETS, Window,
};
use crate::signal::ConfigError;

/// One field and one setter a setting, and where the checked settings have it.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty $(, from $from:ty)? => $($at:ident).+;)*) => {
        /// Settings of a breaker before they are checked. See [`BreakerConfig`] for defaults and ranges.
        ///
        /// ```
        /// use resilient_core::breaker::BreakerConfig;
        /// use std::time::Duration;
        ///
        /// let config = BreakerConfig::builder()
        ///     .window(100)
        ///     .failure_rate(0.5)
        ///     .recovery_time(Duration::from_secs(10))
        ///     .recovery_factor(2.0)
        ///     .build()?;
        /// # Ok::<(), resilient_core::signal::ConfigError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Default)]
        #[must_use]
        pub struct BreakerConfigBuilder {
            $(pub(super) $name: Option<$type>,)*
        }

        /// Which settings were given.
        #[derive(Debug, Clone, Copy)]
        pub(super) struct Given {
            $($name: bool,)*
        }

        impl BreakerConfig {
            /// What was set, without the defaults: to change some of it.
            ///
            /// ```
            /// # use resilient_core::breaker::BreakerConfig;
            /// let strict = BreakerConfig::builder().failure_threshold(1).build()?;
            /// let strict_twice = strict.to_builder().half_open_successes(2).build()?;
            /// # assert_ne!(strict, strict_twice);
            /// # Ok::<(), resilient_core::signal::ConfigError>(())
            /// ```
            pub fn to_builder(&self) -> BreakerConfigBuilder {
                BreakerConfigBuilder {
                    // What is a setting or may be none, either way.
                    $($name: Option::from(self.$($at).+).filter(|_| self.given.$name),)*
                }
            }
        }

        impl BreakerConfigBuilder {
            $(settings!(@setter $(#[$doc])* $name: $type $(, from $from)?);)*

            fn given(&self) -> Given {
                Given {
                    $($name: self.$name.is_some(),)*
                }
            }

            /// What `self` leaves to its default, `other` may set.
            pub(crate) fn or(mut self, other: &Self) -> Self {
                $(if self.$name.is_none() {
                    self.$name.clone_from(&other.$name);
                })*
                self
            }

            /// Puts the named setting back to its default.
            fn forget(&mut self, field: &str) {
                match field {
                    $(stringify!($name) => self.$name = None,)*
                    _ => *self = Self::default(),
                }
            }
        }
    };
    (@setter $(#[$doc:meta])* $name:ident: $type:ty) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = Some($name);
            self
        }
    };
    (@setter $(#[$doc:meta])* $name:ident: $type:ty, from $from:ty) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: $from) -> Self {
            self.$name = Some($name.into());
            self
        }
    };
}

settings! {
    /// How many failures in a row open the circuit. A success ends the streak. Lower it for a dependency that never fails
    /// by chance; use a rate for one that always fails a little.
    failure_threshold: u32 => conditions.failure_threshold;
    /// Which calls rates and counts are taken of: a number of calls, or a time.
    window: Window, from impl Into<Window> => window;
    /// How many buckets a window of time has: it forgets one bucket at a time. More of them forget more smoothly.
    window_buckets: u32 => window_buckets;
    /// From how many calls in the window on a rate is trusted.
    min_calls: u32 => conditions.min_calls;
    /// Which share of failures among the calls in the window opens the circuit.
    failure_rate: f64 => conditions.failure_rate;
    /// How many failures in the window open the circuit.
    failure_count: u32 => conditions.failure_count;
    /// From which time on a call is slow, success or failure. Needs `slow_call_rate`.
    slow_call: Duration => slow_call;
    /// Which share of slow calls in the window opens the circuit. Needs `slow_call`.
    slow_call_rate: f64 => conditions.slow_call_rate;
    /// How long the circuit stays open before a probe is admitted. Zero means that the next call is the probe;
    /// `Duration::MAX`, until somebody resets it.
    recovery_time: Duration => recovery_time;
    /// By what the recovery time grows each time that a probe fails. Closing the circuit ends the growth.
    recovery_factor: f64 => recovery_factor;
    /// Where that growth ends; also bounds what the dependency itself may ask for.
    max_recovery_time: Duration => max_recovery_time;
    /// Up to which share of it the open time is prolonged at random, so that many processes do not probe at once.
    recovery_jitter: f64 => recovery_jitter;
    /// How many probes may be in flight at a time.
    half_open_max_calls: u32 => half_open_max_calls;
    /// How many probes must succeed to close the circuit.
    half_open_successes: u32 => half_open_successes;
    /// How many failed or slow probes are tolerated; the next one opens the circuit again.
    half_open_failures: u32 => half_open_failures;
    /// How long a probe keeps its slot. After that another caller may take it; until one does, the probe still counts.
    probe_timeout: Duration => probe_timeout;
    /// What a call that was cancelled says about the dependency.
    abandoned: AbandonedOutcome => abandoned;
    /// How many keys have a breaker of their own, where there is one for each key. Means nothing to a single breaker.
    max_keys: u32 => max_keys;
}

impl BreakerConfigBuilder {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the first setting out of range, its value, and the rule.
    pub fn build(&self) -> Result<BreakerConfig, ConfigError> {
        self.check_each()?;
        self.check_together()?;
        Ok(self.complete())
    }

    /// The settings, with every one that breaks a rule replaced by its default, and what was wrong with those.
    pub(crate) fn build_leniently(mut self) -> (BreakerConfig, Vec<ConfigError>) {
        let mut errors = Vec::new();
        // Each round forgets one setting that was given, so this ends, at the defaults at the latest.
        loop {
            match self.build() {
                Ok(config) => return (config, errors),
                Err(error) => {
                    self.forget(error.field());
                    errors.push(error);
                }
            }
        }
    }

    pub(super) fn complete(&self) -> BreakerConfig {
        let recovery_time = self.recovery_time.unwrap_or(RECOVERY_TIME);
        let (shortest, longest) = PROBE_TIMEOUT;
        let has_other_condition = self.failure_rate.is_some()
            || self.failure_count.is_some()
            || self.slow_call_rate.is_some();
        let held = match self.window {
            Some(Window::Calls(calls)) => calls,
            _ => u32::MAX,
        };
        BreakerConfig {
            given: self.given(),
            conditions: Conditions {
                failure_threshold: self
                    .failure_threshold
                    .or((!has_other_condition).then_some(FAILURE_THRESHOLD)),
                failure_count: self.failure_count,
                failure_rate: self.failure_rate,
                slow_call_rate: self.slow_call_rate,
                min_calls: self.min_calls.unwrap_or(MIN_CALLS.min(held)),
            },
            window: self.window,
            window_buckets: self.window_buckets.unwrap_or(WINDOW_BUCKETS),
            slow_call: self.slow_call,
            recovery_time,
            recovery_factor: self.recovery_factor.unwrap_or(1.0),
            max_recovery_time: self
                .max_recovery_time
                .unwrap_or(MAX_RECOVERY_TIME.max(recovery_time)),
            recovery_jitter: self.recovery_jitter.unwrap_or(0.0),
            half_open_max_calls: self.half_open_max_calls.unwrap_or(1),
            half_open_successes: self.half_open_successes.unwrap_or(1),
            half_open_failures: self.half_open_failures.unwrap_or(0),
            probe_timeout: self
                .probe_timeout
                .unwrap_or(recovery_time.clamp(shortest, longest)),
            abandoned: self.abandoned.unwrap_or_default(),
            max_keys: self.max_keys.unwrap_or(MAX_KEYS),
        }
    }
}
