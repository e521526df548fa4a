//! The model's settings: their values, the rules between them, and their defaults.

use std::fmt;
use std::time::Duration;

use resilient::BreakerConfig;
use resilient::breaker::{AbandonedOutcome, BreakerConfigBuilder, Window};

/// Settings from one source. A setting that is `None` is not set.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) failure_span: Option<Duration>,
    pub(crate) window: Option<Window>,
    pub(crate) window_buckets: Option<u32>,
    pub(crate) min_calls: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) failure_count: Option<u32>,
    pub(crate) slow_call: Option<Duration>,
    pub(crate) slow_call_rate: Option<f64>,
    pub(crate) recovery_time: Option<Duration>,
    pub(crate) recovery_factor: Option<f64>,
    pub(crate) max_recovery_time: Option<Duration>,
    pub(crate) half_open_max_calls: Option<u32>,
    pub(crate) half_open_successes: Option<u32>,
    pub(crate) half_open_failures: Option<u32>,
    pub(crate) probe_timeout: Option<Duration>,
    pub(crate) abandoned: Option<AbandonedOutcome>,
    pub(crate) remember_errors: Option<bool>,
}

/// The effective value of each setting, as the breaker uses it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Holding {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) failure_span: Duration,
    pub(crate) window: Option<Window>,
    pub(crate) window_buckets: u32,
    pub(crate) min_calls: u32,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) failure_count: Option<u32>,
    pub(crate) slow_call: Option<Duration>,
    pub(crate) slow_call_rate: Option<f64>,
    pub(crate) recovery_time: Duration,
    pub(crate) recovery_factor: f64,
    pub(crate) max_recovery_time: Duration,
    pub(crate) half_open_max_calls: u32,
    pub(crate) half_open_successes: u32,
    pub(crate) half_open_failures: u32,
    pub(crate) probe_timeout: Duration,
    pub(crate) abandoned: AbandonedOutcome,
    pub(crate) remember_errors: bool,
}

/// Passes the names of all settings to a macro.
macro_rules! for_each_setting {
    ($then:ident) => {
        $then!(
            failure_threshold,
            failure_span,
            window,
            window_buckets,
            min_calls,
            failure_rate,
            failure_count,
            slow_call,
            slow_call_rate,
            recovery_time,
            recovery_factor,
            max_recovery_time,
            half_open_max_calls,
            half_open_successes,
            half_open_failures,
            probe_timeout,
            abandoned,
            remember_errors
        )
    };
}

/// Shows only the settings that are set.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut given = f.debug_struct("Settings");
        macro_rules! show {
            ($($name:ident),*) => {
                $(if let Some(value) = &self.$name {
                    given.field(stringify!($name), value);
                })*
            };
        }
        for_each_setting!(show);
        given.finish()
    }
}

impl Settings {
    /// Returns these settings. Takes settings that are not set here from `below`.
    pub(crate) fn over(&self, below: &Self) -> Self {
        macro_rules! first {
            ($($name:ident),*) => { Self { $($name: self.$name.or(below.$name),)* } };
        }
        for_each_setting!(first)
    }

    /// Keeps only the settings whose bit in `mask` is set.
    pub(crate) fn masked(&self, mask: u32) -> Self {
        let mut bits = 0..;
        macro_rules! keep {
            ($($name:ident),*) => {
                Self {
                    $($name: self.$name.filter(|_| mask >> bits.next().unwrap_or(0) & 1 == 1),)*
                }
            };
        }
        for_each_setting!(keep)
    }

    pub(crate) fn builder(&self) -> BreakerConfigBuilder {
        let mut builder = BreakerConfig::builder();
        macro_rules! set {
            ($($name:ident),*) => {
                $(if let Some(value) = self.$name {
                    builder = builder.$name(value);
                })*
            };
        }
        for_each_setting!(set);
        builder
    }

    /// Returns whether the settings are valid together. Each single setting is already within its
    /// range.
    pub(crate) fn go_together(&self) -> bool {
        let holding = self.holding();
        let rate = self.failure_rate.is_some() || self.slow_call_rate.is_some();
        let of_a_window = rate || self.failure_count.is_some() || self.min_calls.is_some();
        let held = match self.window {
            Some(Window::Calls(calls)) => calls,
            _ => u32::MAX,
        };
        let probes = holding.half_open_successes.saturating_add(holding.half_open_failures);
        (self.window.is_some() || !of_a_window)
            && (self.window_buckets.is_none() || matches!(self.window, Some(Window::Time(_))))
            && self.slow_call.is_some() == self.slow_call_rate.is_some()
            && (self.failure_span.is_none() || holding.failure_threshold.is_some())
            && (self.min_calls.is_none() || rate)
            && self.min_calls.is_none_or(|calls| calls <= held)
            && self.failure_count.is_none_or(|failures| failures <= held)
            && holding.max_recovery_time >= holding.recovery_time
            && holding.half_open_max_calls <= probes
    }

    /// Returns the effective settings. A setting that is not set has its default.
    pub(crate) fn holding(&self) -> Holding {
        let other_condition = self.failure_rate.is_some()
            || self.failure_count.is_some()
            || self.slow_call_rate.is_some();
        let recovery_time = self.recovery_time.unwrap_or(Duration::from_secs(30));
        let ten_minutes = Duration::from_secs(600);
        Holding {
            failure_threshold: self.failure_threshold.or_else(|| (!other_condition).then_some(5)),
            failure_span: self.failure_span.unwrap_or(Duration::ZERO),
            window: self.window,
            window_buckets: self.window_buckets.unwrap_or(10),
            min_calls: self.min_calls.unwrap_or(match self.window {
                Some(Window::Calls(calls)) => calls.min(10),
                _ => 10,
            }),
            failure_rate: self.failure_rate,
            failure_count: self.failure_count,
            slow_call: self.slow_call,
            slow_call_rate: self.slow_call_rate,
            recovery_time,
            recovery_factor: self.recovery_factor.unwrap_or(1.0),
            max_recovery_time: self.max_recovery_time.unwrap_or(recovery_time.max(ten_minutes)),
            half_open_max_calls: self.half_open_max_calls.unwrap_or(1),
            half_open_successes: self.half_open_successes.unwrap_or(1),
            half_open_failures: self.half_open_failures.unwrap_or(0),
            probe_timeout: self
                .probe_timeout
                .unwrap_or(recovery_time.clamp(Duration::from_secs(30), ten_minutes)),
            abandoned: self.abandoned.unwrap_or(AbandonedOutcome::Ignore),
            remember_errors: self.remember_errors.unwrap_or(true),
        }
    }
}
