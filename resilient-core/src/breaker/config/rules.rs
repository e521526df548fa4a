//! What settings must keep: each by itself, and all together.
//!
//! An error names a setting that was given, never one that stands at its default, so that forgetting it helps.

use std::fmt::Debug;
use std::time::Duration;

use super::builder::BreakerConfigBuilder;
use super::{MOST_BUCKETS, MOST_CALLS, MOST_KEYS, MOST_PROBES, RECOVERY_TIME, Window};
use crate::signal::ConfigError;

const AT_LEAST_ONE: &str = "must be at least 1";
const ABOVE_ZERO: &str = "must be longer than zero";
const SHARE: &str = "must be above 0 and at most 1";
const NEEDS_WINDOW: &str = "needs a `window`: a number of calls or a time";

fn refuse<T: Debug>(
    field: &'static str,
    value: Option<T>,
    rule: &'static str,
    is_wrong: impl FnOnce(&T) -> bool,
) -> Result<(), ConfigError> {
    match value {
        Some(value) if is_wrong(&value) => Err(ConfigError::new(field, value, rule)),
        _ => Ok(()),
    }
}

impl BreakerConfigBuilder {
    /// The range of each setting that is given.
    pub(crate) fn check_each(&self) -> Result<(), ConfigError> {
        let no_share = |share: &f64| !(*share > 0.0 && *share <= 1.0);
        refuse(
            "failure_threshold",
            self.failure_threshold,
            AT_LEAST_ONE,
            |n| *n == 0,
        )?;
        match self.window {
            Some(Window::Calls(calls)) if calls == 0 || calls > MOST_CALLS => {
                let rule = "must be between 1 and 1000000 calls; longer ones are a time";
                return Err(ConfigError::new("window", calls, rule));
            }
            Some(Window::Time(time)) if time.is_zero() => {
                return Err(ConfigError::new("window", time, ABOVE_ZERO));
            }
            _ => {}
        }
        refuse(
            "window_buckets",
            self.window_buckets,
            "must be between 1 and 1000",
            |n| *n == 0 || *n > MOST_BUCKETS,
        )?;
        refuse("min_calls", self.min_calls, AT_LEAST_ONE, |n| *n == 0)?;
        refuse("failure_rate", self.failure_rate, SHARE, no_share)?;
        refuse("failure_count", self.failure_count, AT_LEAST_ONE, |n| {
            *n == 0
        })?;
        refuse("slow_call", self.slow_call, ABOVE_ZERO, Duration::is_zero)?;
        refuse("slow_call_rate", self.slow_call_rate, SHARE, no_share)?;
        refuse(
            "recovery_factor",
            self.recovery_factor,
            "must be a finite number of at least 1",
            |factor| !(*factor >= 1.0 && factor.is_finite()),
        )?;
        refuse(
            "recovery_jitter",
            self.recovery_jitter,
            "must be between 0 and 1",
            |jitter| !(0.0..=1.0).contains(jitter),
        )?;
        refuse(
            "half_open_successes",
            self.half_open_successes,
            AT_LEAST_ONE,
            |n| *n == 0,
        )?;
        refuse(
            "half_open_max_calls",
            self.half_open_max_calls,
            "must be between 1 and 1024",
            |n| *n == 0 || *n > MOST_PROBES,
        )?;
        refuse(
            "probe_timeout",
            self.probe_timeout,
            ABOVE_ZERO,
            Duration::is_zero,
        )?;
        refuse(
            "max_keys",
            self.max_keys,
            "must be between 1 and 1000000",
            |n| *n == 0 || *n > MOST_KEYS,
        )
    }

    /// What settings mean for each other. Their ranges are checked.
    pub(super) fn check_together(&self) -> Result<(), ConfigError> {
        self.check_window()?;
        let recovery_time = self.recovery_time.unwrap_or(RECOVERY_TIME);
        refuse(
            "max_recovery_time",
            self.max_recovery_time,
            "must not be below `recovery_time`",
            |max| *max < recovery_time,
        )?;
        let most = self.complete().most_probes_of_a_round();
        refuse(
            "half_open_max_calls",
            self.half_open_max_calls,
            "must not be above `half_open_successes` and `half_open_failures` together",
            |calls| *calls > most,
        )
    }

    fn check_window(&self) -> Result<(), ConfigError> {
        let has_window = self.window.is_some();
        let missing = |is_missing: bool| move |_: &f64| is_missing;
        refuse(
            "failure_rate",
            self.failure_rate,
            NEEDS_WINDOW,
            missing(!has_window),
        )?;
        refuse(
            "slow_call_rate",
            self.slow_call_rate,
            NEEDS_WINDOW,
            missing(!has_window),
        )?;
        refuse("failure_count", self.failure_count, NEEDS_WINDOW, |_| {
            !has_window
        })?;
        refuse("min_calls", self.min_calls, NEEDS_WINDOW, |_| !has_window)?;
        refuse(
            "slow_call",
            self.slow_call,
            "needs a `slow_call_rate`",
            |_| self.slow_call_rate.is_none(),
        )?;
        refuse(
            "slow_call_rate",
            self.slow_call_rate,
            "needs a `slow_call`: from which time on a call is slow",
            missing(self.slow_call.is_none()),
        )?;
        refuse(
            "min_calls",
            self.min_calls,
            "needs a `failure_rate` or `slow_call_rate`: it means nothing else",
            |_| self.failure_rate.is_none() && self.slow_call_rate.is_none(),
        )?;
        let is_of_time = matches!(self.window, Some(Window::Time(_)));
        refuse(
            "window_buckets",
            self.window_buckets,
            "needs a `window` of time",
            |_| !is_of_time,
        )?;
        let Some(Window::Calls(held)) = self.window else {
            return Ok(());
        };
        let too_many = |count: &u32| *count > held;
        refuse(
            "min_calls",
            self.min_calls,
            "must not be above the calls that `window` holds",
            too_many,
        )?;
        refuse(
            "failure_count",
            self.failure_count,
            "must not be above the calls that `window` holds",
            too_many,
        )
    }
}
