//! The settings of a breaker: defaults, builder, rules.

use std::time::Duration;

use crate::error::ConfigError;

/// Five failures in a row are beyond chance for a dependency that mostly works, and few enough to stop a flood early.
const FAILURE_THRESHOLD: u32 = 5;
/// Long enough for a process to be restarted, short enough that nobody calls the operator.
const RECOVERY_TIME: Duration = Duration::from_secs(30);
/// Growth stops here, so that a recovered dependency is not shunned for an hour.
const MAX_RECOVERY_TIME: Duration = Duration::from_secs(600);
/// A probe is given up for lost within these bounds.
const PROBE_TIMEOUT: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// More concurrent probes than this are a load test.
const MOST_PROBES: u32 = 1024;

/// What a call that was cancelled says about the dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Abandoned {
    /// Nothing: the caller went away for reasons of its own.
    #[default]
    Ignore,
    /// A failure: for callers that only go away because the dependency hangs.
    Failure,
}

/// Checked settings of a [`CircuitBreaker`](crate::CircuitBreaker).
///
/// | setting | default | range |
/// |---|---|---|
/// | [`failure_threshold`](BreakerConfigBuilder::failure_threshold) | 5 in a row | ≥ 1 |
/// | [`recovery_time`](BreakerConfigBuilder::recovery_time) | 30 s | any; `Duration::MAX` is "until reset" |
/// | [`recovery_factor`](BreakerConfigBuilder::recovery_factor) | 1 | finite, ≥ 1 |
/// | [`max_recovery_time`](BreakerConfigBuilder::max_recovery_time) | 10 min, or the recovery time if that is longer | ≥ the recovery time |
/// | [`recovery_jitter`](BreakerConfigBuilder::recovery_jitter) | 0 | 0 to 1 |
/// | [`half_open_max_calls`](BreakerConfigBuilder::half_open_max_calls) | 1 | 1 to 1 024, and no more than successes and tolerated failures together |
/// | [`half_open_successes`](BreakerConfigBuilder::half_open_successes) | 1 | ≥ 1 |
/// | [`half_open_failures`](BreakerConfigBuilder::half_open_failures) | 0 | any |
/// | [`probe_timeout`](BreakerConfigBuilder::probe_timeout) | the recovery time, within 30 s and 10 min | > 0 |
/// | [`abandoned`](BreakerConfigBuilder::abandoned) | `Ignore` | |
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerConfig {
    pub(crate) failure_threshold: u32,
    pub(crate) recovery_time: Duration,
    pub(crate) recovery_factor: f64,
    pub(crate) max_recovery_time: Duration,
    pub(crate) recovery_jitter: f64,
    pub(crate) half_open_max_calls: u32,
    pub(crate) half_open_successes: u32,
    pub(crate) half_open_failures: u32,
    pub(crate) probe_timeout: Duration,
    pub(crate) abandoned: Abandoned,
}

impl BreakerConfig {
    /// Settings to change, starting from the defaults.
    #[must_use]
    pub fn builder() -> BreakerConfigBuilder {
        BreakerConfigBuilder::default()
    }
}

impl Default for BreakerConfig {
    fn default() -> Self {
        BreakerConfigBuilder::default().complete()
    }
}

/// Settings of a breaker before they are checked. See [`BreakerConfig`] for defaults and ranges.
///
/// ```
/// use resilient_core::BreakerConfig;
/// use std::time::Duration;
///
/// let config = BreakerConfig::builder()
///     .failure_threshold(3)
///     .recovery_time(Duration::from_secs(10))
///     .recovery_factor(2.0)
///     .build()?;
/// # Ok::<(), resilient_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BreakerConfigBuilder {
    failure_threshold: Option<u32>,
    recovery_time: Option<Duration>,
    recovery_factor: Option<f64>,
    max_recovery_time: Option<Duration>,
    recovery_jitter: Option<f64>,
    half_open_max_calls: Option<u32>,
    half_open_successes: Option<u32>,
    half_open_failures: Option<u32>,
    probe_timeout: Option<Duration>,
    abandoned: Option<Abandoned>,
}

/// One setter a setting, each by the name of its field.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        impl BreakerConfigBuilder {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: $type) -> Self {
                self.$name = Some($name);
                self
            })*

            /// Puts the named setting back to its default.
            fn forget(&mut self, field: &str) {
                match field {
                    $(stringify!($name) => self.$name = None,)*
                    _ => *self = Self::default(),
                }
            }
        }
    };
}

setters! {
    /// How many failures in a row open the circuit. A success ends the streak.
    failure_threshold: u32;
    /// How long the circuit stays open before a probe is admitted. Zero means that the next call is the probe;
    /// `Duration::MAX`, until somebody resets it.
    recovery_time: Duration;
    /// By what the recovery time grows each time that a probe fails. Closing the circuit ends the growth.
    recovery_factor: f64;
    /// Where that growth ends; also bounds what the dependency itself may ask for.
    max_recovery_time: Duration;
    /// Up to which share of it the open time is prolonged at random, so that many processes do not probe at once.
    recovery_jitter: f64;
    /// How many probes may be in flight at a time.
    half_open_max_calls: u32;
    /// How many probes must succeed to close the circuit.
    half_open_successes: u32;
    /// How many failed probes are tolerated; the next one opens the circuit again.
    half_open_failures: u32;
    /// How long a probe keeps its slot. After that another caller may take it; until one does, the probe still counts.
    probe_timeout: Duration;
    /// What a call that was cancelled says about the dependency.
    abandoned: Abandoned;
}

impl BreakerConfigBuilder {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the first setting out of range, its value, and the rule.
    pub fn build(&self) -> Result<BreakerConfig, ConfigError> {
        let config = self.complete();
        config.check().map(|()| config)
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

    fn complete(&self) -> BreakerConfig {
        let recovery_time = self.recovery_time.unwrap_or(RECOVERY_TIME);
        let (shortest, longest) = PROBE_TIMEOUT;
        BreakerConfig {
            failure_threshold: self.failure_threshold.unwrap_or(FAILURE_THRESHOLD),
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
        }
    }
}

impl BreakerConfig {
    /// An error names a setting that was given, never one that stands at its default.
    fn check(&self) -> Result<(), ConfigError> {
        let at_least_one = "must be at least 1";
        if self.failure_threshold == 0 {
            return Err(ConfigError::new("failure_threshold", 0, at_least_one));
        }
        if !(self.recovery_factor >= 1.0 && self.recovery_factor.is_finite()) {
            return Err(ConfigError::new(
                "recovery_factor",
                self.recovery_factor,
                "must be a finite number of at least 1",
            ));
        }
        if self.max_recovery_time < self.recovery_time {
            return Err(ConfigError::new(
                "max_recovery_time",
                self.max_recovery_time,
                "must not be below `recovery_time`",
            ));
        }
        if !(0.0..=1.0).contains(&self.recovery_jitter) {
            return Err(ConfigError::new(
                "recovery_jitter",
                self.recovery_jitter,
                "must be between 0 and 1",
            ));
        }
        if self.half_open_successes == 0 {
            return Err(ConfigError::new("half_open_successes", 0, at_least_one));
        }
        if self.half_open_max_calls == 0 || self.half_open_max_calls > MOST_PROBES {
            return Err(ConfigError::new(
                "half_open_max_calls",
                self.half_open_max_calls,
                "must be between 1 and 1024",
            ));
        }
        if self.half_open_max_calls > self.most_probes_of_a_round() {
            return Err(ConfigError::new(
                "half_open_max_calls",
                self.half_open_max_calls,
                "must not be above `half_open_successes` and `half_open_failures` together",
            ));
        }
        if self.probe_timeout.is_zero() {
            return Err(ConfigError::new(
                "probe_timeout",
                self.probe_timeout,
                "must be longer than zero",
            ));
        }
        Ok(())
    }

    /// After this many counted probes a round is decided either way.
    pub(crate) fn most_probes_of_a_round(&self) -> u32 {
        self.half_open_successes
            .saturating_add(self.half_open_failures)
    }
}
