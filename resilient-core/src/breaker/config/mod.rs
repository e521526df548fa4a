//! The settings of a breaker: what holds, with every default filled in.

mod builder;
mod rules;

use std::sync::Arc;
use std::time::Duration;

pub use self::builder::BreakerConfigBuilder;
use self::builder::Given;

/// Five failures in a row are beyond chance for a dependency that mostly works, and few enough to stop a flood early.
const FAILURE_THRESHOLD: u32 = 5;
/// Fewer calls say nothing about a rate.
const MIN_CALLS: u32 = 10;
/// A window forgets a tenth of itself at a time.
const WINDOW_BUCKETS: u32 = 10;
/// Long enough for a process to be restarted, short enough that nobody calls the operator.
const RECOVERY_TIME: Duration = Duration::from_secs(30);
/// Growth stops here, so that a recovered dependency is not shunned for an hour.
const MAX_RECOVERY_TIME: Duration = Duration::from_secs(600);
/// A probe is given up for lost within these bounds.
const PROBE_TIMEOUT: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// More concurrent probes than this are a load test.
const MOST_PROBES: u32 = 1_024;
/// A quarter of a megabyte of bits; beyond that a window of time is what is meant.
const MOST_CALLS: u32 = 1_000_000;
/// More tenants than most services have, and some twenty megabytes.
const MAX_KEYS: u32 = 10_000;
/// A few gigabytes.
const MOST_KEYS: u32 = 1_000_000;
/// A bucket is 24 bytes.
const MOST_BUCKETS: u32 = 1_000;

/// What a call that was cancelled says about the dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AbandonedOutcome {
    /// Nothing: the caller went away for reasons of its own.
    #[default]
    Ignore,
    /// A failure: for callers that only go away because the dependency hangs.
    Failure,
}

/// Which calls rates and counts are taken of.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, Window};
/// use std::time::Duration;
///
/// let last_hundred = BreakerConfig::builder().window(100).failure_rate(0.5);
/// let last_minute = BreakerConfig::builder().window(Duration::from_secs(60)).failure_count(20);
/// # last_hundred.build()?; last_minute.build()?;
/// # assert_eq!(Window::from(100), Window::Calls(100));
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// The last so many counted calls, however old: 1 to 1 000 000.
    Calls(u32),
    /// The calls of the last so much time, above zero: the present bucket and the
    /// [`window_buckets`](BreakerConfigBuilder::window_buckets) − 1 before it. The first bucket begins with the state.
    Time(Duration),
}

impl From<u32> for Window {
    fn from(calls: u32) -> Self {
        Self::Calls(calls)
    }
}

impl From<Duration> for Window {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

/// Checked settings of a [`CircuitBreaker`](crate::breaker::CircuitBreaker).
///
/// | setting | unit | range | default |
/// |---|---|---|---|
/// | [`failure_threshold`](BreakerConfigBuilder::failure_threshold) | failures in a row | ≥ 1 | 5, unless another condition is set |
/// | [`window`](BreakerConfigBuilder::window) | calls, or time | 1 to 1 000 000 calls; any time above zero | none |
/// | [`window_buckets`](BreakerConfigBuilder::window_buckets) | buckets of a window of time | 1 to 1 000 | 10 |
/// | [`min_calls`](BreakerConfigBuilder::min_calls) | calls in the window | ≥ 1, no more than a window of calls holds | 10, or that window if smaller |
/// | [`failure_rate`](BreakerConfigBuilder::failure_rate) | share of the window | above 0, up to 1 | none |
/// | [`failure_count`](BreakerConfigBuilder::failure_count) | failures in the window | ≥ 1, no more than a window of calls holds | none |
/// | [`slow_call`](BreakerConfigBuilder::slow_call) | time | above zero | none |
/// | [`slow_call_rate`](BreakerConfigBuilder::slow_call_rate) | share of the window | above 0, up to 1 | none |
/// | [`recovery_time`](BreakerConfigBuilder::recovery_time) | time | any; `Duration::MAX` is "until reset" | 30 s |
/// | [`recovery_factor`](BreakerConfigBuilder::recovery_factor) | factor | finite, ≥ 1 | 1 |
/// | [`max_recovery_time`](BreakerConfigBuilder::max_recovery_time) | time | ≥ the recovery time | 10 min, or the recovery time if that is longer |
/// | [`recovery_jitter`](BreakerConfigBuilder::recovery_jitter) | share of the open time | 0 to 1 | 0 |
/// | [`half_open_max_calls`](BreakerConfigBuilder::half_open_max_calls) | probes at a time | 1 to 1 024, and no more than successes and tolerated failures together | 1 |
/// | [`half_open_successes`](BreakerConfigBuilder::half_open_successes) | probes | ≥ 1 | 1 |
/// | [`half_open_failures`](BreakerConfigBuilder::half_open_failures) | probes | any | 0 |
/// | [`probe_timeout`](BreakerConfigBuilder::probe_timeout) | time | above zero | the recovery time, within 30 s and 10 min |
/// | [`abandoned`](BreakerConfigBuilder::abandoned) | | | `Ignore` |
/// | [`max_keys`](BreakerConfigBuilder::max_keys) | keys, of [keyed breakers](crate::keyed::KeyedBreakers) | 1 to 1 000 000 | 10 000 |
///
/// Several conditions may be set; the first that is met opens the circuit.
#[derive(Debug, Clone)]
pub struct BreakerConfig {
    /// Which of them were set: the others are defaults, which an operator's may replace.
    given: Given,
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
    pub(crate) max_keys: u32,
}

/// What opens a closed circuit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Conditions {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) failure_count: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_rate: Option<f64>,
    pub(crate) min_calls: u32,
}

impl BreakerConfig {
    /// Settings to change, starting from the defaults.
    pub fn builder() -> BreakerConfigBuilder {
        BreakerConfigBuilder::default()
    }

    pub(crate) fn into_shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// After this many counted probes a round is decided either way.
    pub(crate) fn most_probes_of_a_round(&self) -> u32 {
        self.half_open_successes
            .saturating_add(self.half_open_failures)
    }

    /// Whether all that decides the end of an open time is the same.
    pub(crate) fn recovers_like(&self, other: &Self) -> bool {
        self.recovery_time == other.recovery_time
            && self.max_recovery_time == other.max_recovery_time
            && same(self.recovery_factor, other.recovery_factor)
            && same(self.recovery_jitter, other.recovery_jitter)
    }

    /// Whether the same calls are remembered, in the same way.
    pub(crate) fn remembers_like(&self, other: &Self) -> bool {
        self.window == other.window && self.window_buckets == other.window_buckets
    }
}

fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}

impl PartialEq for BreakerConfig {
    /// Whether the same holds, set or by default.
    fn eq(&self, other: &Self) -> bool {
        self.conditions == other.conditions
            && self.remembers_like(other)
            && self.slow_call == other.slow_call
            && self.recovers_like(other)
            && self.half_open_max_calls == other.half_open_max_calls
            && self.half_open_successes == other.half_open_successes
            && self.half_open_failures == other.half_open_failures
            && self.probe_timeout == other.probe_timeout
            && self.abandoned == other.abandoned
            && self.max_keys == other.max_keys
    }
}

impl From<BreakerConfig> for BreakerConfigBuilder {
    fn from(config: BreakerConfig) -> Self {
        config.to_builder()
    }
}

impl Default for BreakerConfig {
    fn default() -> Self {
        BreakerConfigBuilder::default().complete()
    }
}
