//! The checked settings of a breaker, with every default filled in.

use std::str::FromStr;
use std::time::Duration;

use resilient_settings::breaker::{TABLE, key};
use resilient_settings::{TextError, Value, Window};

/// How the breaker counts a call that was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AbandonedOutcome {
    /// Nothing is recorded. Use this if callers cancel for reasons that have nothing to do with the
    /// dependency.
    #[default]
    Ignore,
    /// A failure is recorded. Use this if callers cancel only because the dependency hangs.
    Failure,
}

impl AbandonedOutcome {
    pub(crate) const fn value(self) -> Value {
        Value::Word(match self {
            Self::Ignore => "ignore",
            Self::Failure => "failure",
        })
    }
}

impl FromStr for AbandonedOutcome {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let value = TABLE.settings[key::abandoned].read_word(text)?;
        let fails = value == Self::Failure.value();
        Ok(if fails { Self::Failure } else { Self::Ignore })
    }
}

/// Checked settings of a [`CircuitBreaker`](crate::breaker::CircuitBreaker).
///
#[doc = include_str!("settings.md")]
/// Several conditions may be set; the first that is met opens the circuit.
///
/// ```
/// use resilient_core::breaker::BreakerConfig;
/// use std::time::Duration;
///
/// let last_hundred = BreakerConfig::builder().window(100).failure_rate(0.5).build()?;
/// let last_minute = BreakerConfig::builder().window("60s").failure_count(20).build()?;
/// # let same = BreakerConfig::builder().window(Duration::from_secs(60)).failure_count(20);
/// # assert_eq!(last_minute, same.build()?);
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BreakerConfig {
    /// One bit for each setting, by the setting's index in the table. The bit is set if the caller
    /// gave the setting. Otherwise the setting has its default, and an operator's `defaults` may
    /// replace it.
    pub(super) given: u32,
    /// Whether a lease with this configuration accepts the settings of other code.
    pub(super) is_provisional: bool,
    pub(crate) conditions: Conditions,
    pub(crate) window: Option<Window>,
    pub(crate) window_buckets: u32,
    pub(crate) slow_call: Option<Duration>,
    pub(crate) recovery_time: Duration,
    pub(crate) recovery_factor: f64,
    pub(crate) max_recovery_time: Duration,
    pub(crate) recovery_jitter: f64,
    pub(crate) half_open_max_calls: u32,
    pub(crate) half_open_successes: u32,
    pub(crate) half_open_failures: u32,
    pub(crate) probe_timeout: Duration,
    pub(crate) abandoned: AbandonedOutcome,
    pub(crate) remember_errors: bool,
    pub(crate) max_keys: u32,
}

/// The conditions that open a closed circuit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Conditions {
    pub(crate) failure_threshold: Option<u32>,
    /// `None` if the setting is zero, so that a failure does not read the clock.
    pub(crate) failure_span: Option<Duration>,
    pub(crate) failure_count: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_rate: Option<f64>,
    pub(crate) min_calls: u32,
}

impl BreakerConfig {
    /// Returns the number of counted probes after which a half-open circuit always closes or opens.
    pub(crate) fn most_probes_of_a_round(&self) -> u32 {
        self.half_open_successes.saturating_add(self.half_open_failures)
    }

    /// Returns whether both determine the same open times.
    pub(crate) fn recovers_like(&self, other: &Self) -> bool {
        self.recovery_time == other.recovery_time
            && self.max_recovery_time == other.max_recovery_time
            && same(self.recovery_factor, other.recovery_factor)
            && same(self.recovery_jitter, other.recovery_jitter)
    }

    /// Returns whether both describe the same window.
    pub(crate) fn remembers_like(&self, other: &Self) -> bool {
        self.window == other.window && self.window_buckets == other.window_buckets
    }
}

fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}

impl PartialEq for BreakerConfig {
    /// Compares the values. It does not matter whether a value was given or is a default.
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}
