//! The settings of a retry: defaults, builder, rules.

use std::time::Duration;

use super::backoff::Backoff;
use super::jitter::Jitter;
use crate::signal::ConfigError;

/// Four attempts in all: enough for a blip, and a bounded multiple of the load in an outage.
const MAX_RETRIES: u32 = 3;
/// About the time that a lost packet or a restarted connection takes.
const BASE_DELAY: Duration = Duration::from_millis(100);
/// Nobody waits longer than this for an answer without being told.
const MAX_DELAY: Duration = Duration::from_secs(10);
const BACKOFF_FACTOR: f64 = 2.0;
/// A dependency that asks for more than this is better left to whoever schedules the work.
const MAX_HINT: Duration = Duration::from_secs(60);

/// What a retry does when the circuit below it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenOpen {
    /// Ends at once with the real error: to wait would only delay it.
    #[default]
    Stop,
    /// Waits until the circuit may admit a call, if that is known and fits into the time left. While probes are in flight,
    /// that is when the lease of the first ends; `probe_timeout` and `max_elapsed` bound it.
    Wait,
}

/// Checked settings of a retry.
///
/// | setting | default | range |
/// |---|---|---|
/// | [`max_retries`](RetryPolicyBuilder::max_retries) | 3, which is 4 attempts | any |
/// | [`backoff`](RetryPolicyBuilder::backoff) | exponential | |
/// | [`base_delay`](RetryPolicyBuilder::base_delay) | 100 ms | any |
/// | [`max_delay`](RetryPolicyBuilder::max_delay) | 10 s | ≥ the base delay |
/// | [`backoff_factor`](RetryPolicyBuilder::backoff_factor) | 2 | finite, ≥ 1 |
/// | [`jitter`](RetryPolicyBuilder::jitter) | full | a proportion is 0 to 1 |
/// | [`max_retry_after`](RetryPolicyBuilder::max_retry_after) | 60 s | any |
/// | [`max_elapsed`](RetryPolicyBuilder::max_elapsed) | none | > 0 |
/// | [`when_open`](RetryPolicyBuilder::when_open) | stop | |
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    pub(super) max_retries: u32,
    pub(super) backoff: Backoff,
    pub(super) base_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) backoff_factor: f64,
    pub(super) jitter: Jitter,
    pub(super) max_retry_after: Duration,
    pub(super) max_elapsed: Option<Duration>,
    pub(super) when_open: WhenOpen,
    pub(super) seed: Option<u64>,
}

impl RetryPolicy {
    /// The defaults.
    pub const DEFAULT: Self = RetryPolicyBuilder::new().complete();

    /// Settings to change, starting from the defaults.
    pub const fn builder() -> RetryPolicyBuilder {
        RetryPolicyBuilder::new()
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Settings of a retry before they are checked. See [`RetryPolicy`] for defaults and ranges. Usable in constants.
///
/// ```
/// use resilient_core::retry::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::builder()
///     .max_retries(5)
///     .base_delay(Duration::from_millis(50))
///     .max_elapsed(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct RetryPolicyBuilder {
    max_retries: Option<u32>,
    max_attempts: Option<u32>,
    backoff: Backoff,
    base_delay: Option<Duration>,
    max_delay: Option<Duration>,
    backoff_factor: Option<f64>,
    jitter: Jitter,
    max_retry_after: Option<Duration>,
    max_elapsed: Option<Duration>,
    when_open: WhenOpen,
    seed: Option<u64>,
}

/// A rule that does not hold, as a constant can say it.
struct Broken {
    field: &'static str,
    rule: &'static str,
}

impl RetryPolicyBuilder {
    const fn new() -> Self {
        Self {
            max_retries: None,
            max_attempts: None,
            backoff: Backoff::Exponential,
            base_delay: None,
            max_delay: None,
            backoff_factor: None,
            jitter: Jitter::Full,
            max_retry_after: None,
            max_elapsed: None,
            when_open: WhenOpen::Stop,
            seed: None,
        }
    }

    /// How many times a failed call is tried again: `n` retries are at most `n + 1` attempts.
    pub const fn max_retries(mut self, n: u32) -> Self {
        self.max_retries = Some(n);
        self
    }

    /// How many attempts there are at most, with the first one: 1 is no retry. Excludes
    /// [`max_retries`](Self::max_retries).
    pub const fn max_attempts(mut self, n: u32) -> Self {
        self.max_attempts = Some(n);
        self
    }

    /// How the delay grows.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The nominal delay before the first retry. Zero retries at once, without a timer.
    ///
    /// Delays are whole nanoseconds; timers are coarser. Tokio's have ticks of a millisecond and round up, so that any
    /// delay above zero sleeps to the next tick at least, and never spins; a thread's sleep is late by what the system's
    /// scheduler adds.
    pub const fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = Some(delay);
        self
    }

    /// The longest delay. Only a hint of the dependency goes beyond it. `Duration::MAX` is no bound.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = Some(delay);
        self
    }

    /// By what an exponential delay grows each time. Goes with [`Backoff::Exponential`] alone.
    pub const fn backoff_factor(mut self, factor: f64) -> Self {
        self.backoff_factor = Some(factor);
        self
    }

    /// How delays are spread.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The longest wait that the dependency may ask for. Where it asks for more, the call ends at once with its error.
    pub const fn max_retry_after(mut self, time: Duration) -> Self {
        self.max_retry_after = Some(time);
        self
    }

    /// The time for the whole call, attempts included. Where the next delay would reach it, the call ends at once. An
    /// attempt that is running is not cut short.
    pub const fn max_elapsed(mut self, time: Duration) -> Self {
        self.max_elapsed = Some(time);
        self
    }

    /// What to do when the circuit below is open.
    pub const fn when_open(mut self, when_open: WhenOpen) -> Self {
        self.when_open = when_open;
        self
    }

    /// Makes the jitter repeat: every call draws the same delays. For tests.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the first setting out of range, its value, and the rule.
    pub fn build(&self) -> Result<RetryPolicy, ConfigError> {
        match self.check() {
            None => Ok(self.complete()),
            Some(broken) => Err(self.explain(&broken)),
        }
    }

    /// Checks the settings while compiling.
    ///
    /// # Panics
    ///
    /// If a setting is out of range: in a constant, that is a compile error. Elsewhere use
    /// [`build`](RetryPolicyBuilder::build).
    #[doc(hidden)]
    #[must_use]
    pub const fn build_const(&self) -> RetryPolicy {
        assert!(
            self.check().is_none(),
            "a setting of this retry policy is out of range"
        );
        self.complete()
    }

    /// The settings, with every one that breaks a rule replaced by its default, and what was wrong with those.
    pub(crate) fn build_leniently(mut self) -> (RetryPolicy, Vec<ConfigError>) {
        let mut errors = Vec::new();
        // Each round forgets one setting that was given, so this ends, at the defaults at the latest.
        while let Some(broken) = self.check() {
            errors.push(self.explain(&broken));
            match broken.field {
                "max_retries" => self.max_retries = None,
                "max_attempts" => self.max_attempts = None,
                "base_delay" => self.base_delay = None,
                "max_delay" => self.max_delay = None,
                "backoff_factor" => self.backoff_factor = None,
                "max_elapsed" => self.max_elapsed = None,
                "jitter" => self.jitter = Jitter::Full,
                _ => self = Self::new(),
            }
        }
        (self.complete(), errors)
    }

    const fn check(&self) -> Option<Broken> {
        let complete = self.complete();
        let (field, rule) = if let Some(0) = self.max_attempts {
            (
                "max_attempts",
                "must be at least 1, since the first call is an attempt too",
            )
        } else if self.max_attempts.is_some() && self.max_retries.is_some() {
            (
                "max_retries",
                "must not be given together with `max_attempts`, which says the same",
            )
        } else if !(complete.backoff_factor >= 1.0 && complete.backoff_factor.is_finite()) {
            ("backoff_factor", "must be a finite number of at least 1")
        } else if complete.base_delay.as_nanos() > complete.max_delay.as_nanos() {
            if self.max_delay.is_some() {
                ("max_delay", "must not be below `base_delay`")
            } else {
                (
                    "base_delay",
                    "must not be above `max_delay`, which is 10s by default",
                )
            }
        } else if let Some(Duration::ZERO) = self.max_elapsed {
            ("max_elapsed", "must be longer than zero")
        } else if !self.jitter.is_in_range() {
            ("jitter", "as a proportion must be between 0 and 1")
        } else if self.backoff_factor.is_some()
            && (self.jitter.is_schedule() || !matches!(self.backoff, Backoff::Exponential))
        {
            (
                "backoff_factor",
                "goes with exponential backoff only, and not with decorrelated or smooth jitter",
            )
        } else if self.jitter.is_schedule() && !matches!(self.backoff, Backoff::Exponential) {
            (
                "jitter",
                "that is a schedule of its own goes with exponential backoff only",
            )
        } else {
            return None;
        };
        Some(Broken { field, rule })
    }

    fn explain(&self, broken: &Broken) -> ConfigError {
        let complete = self.complete();
        let Broken { field, rule } = *broken;
        match field {
            "max_retries" => ConfigError::new(field, complete.max_retries, rule),
            "max_attempts" => ConfigError::new(field, self.max_attempts.unwrap_or_default(), rule),
            "base_delay" => ConfigError::new(field, complete.base_delay, rule),
            "max_delay" => ConfigError::new(field, complete.max_delay, rule),
            "backoff_factor" => ConfigError::new(field, complete.backoff_factor, rule),
            "max_elapsed" => ConfigError::new(field, Duration::ZERO, rule),
            _ => ConfigError::new(field, complete.jitter, rule),
        }
    }

    const fn complete(&self) -> RetryPolicy {
        const fn or(given: Option<Duration>, default: Duration) -> Duration {
            match given {
                Some(given) => given,
                None => default,
            }
        }
        RetryPolicy {
            max_retries: match (self.max_retries, self.max_attempts) {
                (Some(n), _) => n,
                (None, Some(n)) => n.saturating_sub(1),
                (None, None) => MAX_RETRIES,
            },
            backoff: self.backoff,
            base_delay: or(self.base_delay, BASE_DELAY),
            max_delay: or(self.max_delay, MAX_DELAY),
            backoff_factor: match self.backoff_factor {
                Some(factor) => factor,
                None => BACKOFF_FACTOR,
            },
            jitter: self.jitter,
            max_retry_after: or(self.max_retry_after, MAX_HINT),
            max_elapsed: self.max_elapsed,
            when_open: self.when_open,
            seed: self.seed,
        }
    }
}
