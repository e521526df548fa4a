//! The conditions that open or close a circuit, with their present numbers.

use std::fmt;
use std::time::Duration;

use resilient_settings::Window;

use super::{RoundedTime, TransitionReason};

/// A condition of a breaker, with its present numbers and its limit.
///
/// A snapshot lists the conditions of the present state, so it shows how far each is from being
/// met. A transition has the condition that opened the circuit. `Display` writes the numbers:
///
/// | condition | met | not met |
/// |---|---|---|
/// | `ConsecutiveFailures` | `5 consecutive failures` | `3 of 5 consecutive failures` |
/// | `FailureCount` | `20 failures within 60s` | `3 of 20 failures within 60s` |
/// | `FailureRate` | `41 of 80 calls failed, limit 50%` | `2 of 3 calls failed, limit 50% of 10 calls or more` |
/// | `SlowCallRate` | `12 of 20 calls slow or hung, limit 50%` | `1 of 20 calls slow or hung, limit 50%` |
/// | `FailedProbes` | `1 failed probe`, or `2 failed or slow probes` | `1 of 2 failed probes` |
/// | `SucceededProbes` | `2 successful probes` | `1 of 2 successful probes` |
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// The setting `failure_threshold` opens the circuit.
    #[non_exhaustive]
    ConsecutiveFailures {
        /// The consecutive failures.
        failures: u32,
        /// The failures that are enough.
        limit: u32,
        /// How long the failures have lasted, and how long they must last. `None` without
        /// `failure_span`.
        lasting: Option<(Duration, Duration)>,
    },
    /// The setting `failure_count` opens the circuit.
    #[non_exhaustive]
    FailureCount {
        /// The failures in the window.
        failures: u64,
        /// The failures that are enough.
        limit: u32,
        /// The window.
        window: Window,
    },
    /// The setting `failure_rate` opens the circuit.
    #[non_exhaustive]
    FailureRate {
        /// The failures in the window.
        failures: u64,
        /// The calls in the window.
        calls: u64,
        /// The share of failures that is enough, above 0 and at most 1.
        limit: f64,
        /// The fewest calls of which the share is tested.
        least_calls: u32,
    },
    /// The setting `slow_call_rate` opens the circuit.
    #[non_exhaustive]
    SlowCallRate {
        /// The slow calls in the window, and the overdue calls in flight.
        slow: u64,
        /// The calls in the window, and the overdue calls in flight.
        calls: u64,
        /// The share of slow calls that is enough, above 0 and at most 1.
        limit: f64,
        /// The fewest calls of which the share is tested.
        least_calls: u32,
    },
    /// The setting `half_open_failures` opens a half-open circuit again.
    #[non_exhaustive]
    FailedProbes {
        /// The probes of this round that failed or were slow.
        failed: u32,
        /// One more than `half_open_failures`.
        limit: u32,
        /// Whether the last of these probes did not fail, but was slow or hung.
        is_slow: bool,
    },
    /// The setting `half_open_successes` closes a half-open circuit.
    #[non_exhaustive]
    SucceededProbes {
        /// The probes of this round that succeeded.
        succeeded: u32,
        /// The successes that are enough.
        limit: u32,
    },
}

/// Shares are never NaN, because the settings are checked.
impl Eq for Condition {}

impl Condition {
    /// Returns the reason of the transition that this condition causes.
    #[must_use]
    pub const fn reason(&self) -> TransitionReason {
        match self {
            Self::ConsecutiveFailures { .. } => TransitionReason::FailureThreshold,
            Self::FailureCount { .. } => TransitionReason::FailureCount,
            Self::FailureRate { .. } => TransitionReason::FailureRate,
            Self::SlowCallRate { .. } => TransitionReason::SlowCallRate,
            Self::FailedProbes { is_slow: false, .. } => TransitionReason::ProbeFailed,
            Self::FailedProbes { is_slow: true, .. } => TransitionReason::ProbeSlow,
            Self::SucceededProbes { .. } => TransitionReason::ProbesSucceeded,
        }
    }

    /// Returns the name of the setting that is the limit.
    #[must_use]
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::ConsecutiveFailures { .. } => "failure_threshold",
            Self::FailureCount { .. } => "failure_count",
            Self::FailureRate { .. } => "failure_rate",
            Self::SlowCallRate { .. } => "slow_call_rate",
            Self::FailedProbes { .. } => "half_open_failures",
            Self::SucceededProbes { .. } => "half_open_successes",
        }
    }

    /// Returns whether the numbers reach the limit.
    #[must_use]
    pub fn is_met(&self) -> bool {
        match *self {
            Self::ConsecutiveFailures { failures, limit, lasting } => {
                failures >= limit && lasting.is_none_or(|(lasted, span)| lasted >= span)
            }
            Self::FailureCount { failures, limit, .. } => failures >= u64::from(limit),
            Self::FailureRate { failures: part, calls, limit, least_calls }
            | Self::SlowCallRate { slow: part, calls, limit, least_calls } => {
                // With no calls, the rate is 0 / 0 (NaN), which reaches no limit.
                calls >= u64::from(least_calls) && part as f64 / calls as f64 >= limit
            }
            Self::FailedProbes { failed: count, limit, .. }
            | Self::SucceededProbes { succeeded: count, limit } => count >= limit,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |f: &mut fmt::Formatter<'_>, count: u64, limit: u32, what: &str| {
            let last = if self.is_met() { count } else { limit.into() };
            let plural = if last == 1 { "" } else { "s" };
            if self.is_met() {
                write!(f, "{count} {what}{plural}")
            } else {
                write!(f, "{count} of {limit} {what}{plural}")
            }
        };
        let share = |f: &mut fmt::Formatter<'_>, calls: u64, limit: f64, least_calls: u32| {
            write!(f, ", limit {}%", percent(limit))?;
            if calls < u64::from(least_calls) {
                write!(f, " of {least_calls} calls or more")?;
            }
            Ok(())
        };
        match *self {
            Self::ConsecutiveFailures { failures, limit, lasting } => {
                count(f, failures.into(), limit, "consecutive failure")?;
                match lasting {
                    Some((lasted, _)) if self.is_met() => {
                        write!(f, " over {}", RoundedTime(lasted))
                    }
                    Some((lasted, span)) => write!(f, " over {} of {span:?}", RoundedTime(lasted)),
                    None => Ok(()),
                }
            }
            Self::FailureCount { failures, limit, window } => {
                count(f, failures, limit, "failure")?;
                match window {
                    Window::Time(time) => write!(f, " within {time:?}"),
                    Window::Calls(calls) => write!(f, " in the last {calls} calls"),
                    // This version of `resilient-settings` has no other kind of window.
                    _ => Ok(()),
                }
            }
            Self::FailureRate { failures, calls, limit, least_calls } => {
                write!(f, "{failures} of {calls} calls failed")?;
                share(f, calls, limit, least_calls)
            }
            Self::SlowCallRate { slow, calls, limit, least_calls } => {
                write!(f, "{slow} of {calls} calls slow or hung")?;
                share(f, calls, limit, least_calls)
            }
            Self::FailedProbes { failed, limit, is_slow } => {
                let probe = if is_slow { "failed or slow probe" } else { "failed probe" };
                count(f, failed.into(), limit, probe)
            }
            Self::SucceededProbes { succeeded, limit } => {
                count(f, succeeded.into(), limit, "successful probe")
            }
        }
    }
}

/// Returns a share in percent, without the noise of binary fractions: 7 for 0.07.
fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b20_a_condition_names_its_setting_and_the_reason_of_its_transition() {
        use TransitionReason as Reason;

        let window = Window::Calls(10);
        let failed = |is_slow| Condition::FailedProbes { failed: 1, limit: 1, is_slow };
        let (calls, limit, least_calls) = (10, 0.5, 1);
        for (condition, setting, reason) in [
            (
                Condition::ConsecutiveFailures { failures: 5, limit: 5, lasting: None },
                "failure_threshold",
                Reason::FailureThreshold,
            ),
            (
                Condition::FailureCount { failures: 3, limit: 3, window },
                "failure_count",
                Reason::FailureCount,
            ),
            (
                Condition::FailureRate { failures: 5, calls, limit, least_calls },
                "failure_rate",
                Reason::FailureRate,
            ),
            (
                Condition::SlowCallRate { slow: 5, calls, limit, least_calls },
                "slow_call_rate",
                Reason::SlowCallRate,
            ),
            (failed(false), "half_open_failures", Reason::ProbeFailed),
            (failed(true), "half_open_failures", Reason::ProbeSlow),
            (
                Condition::SucceededProbes { succeeded: 2, limit: 2 },
                "half_open_successes",
                Reason::ProbesSucceeded,
            ),
        ] {
            assert_eq!((condition.setting(), condition.reason()), (setting, reason));
        }
    }

    #[test]
    fn b20_a_condition_shows_its_numbers() {
        let lasting = |lasted, span| Some((Duration::from_secs(lasted), Duration::from_secs(span)));
        let streak =
            |failures, lasting| Condition::ConsecutiveFailures { failures, limit: 5, lasting };
        let within = |failures, window| Condition::FailureCount { failures, limit: 3, window };
        let minute = Window::Time(Duration::from_secs(60));
        let rate = |failures, calls, limit| Condition::FailureRate {
            failures,
            calls,
            limit,
            least_calls: 10,
        };
        let slow =
            |slow, calls| Condition::SlowCallRate { slow, calls, limit: 0.5, least_calls: 10 };
        let failed = |failed, limit, is_slow| Condition::FailedProbes { failed, limit, is_slow };
        let succeeded = |succeeded, limit| Condition::SucceededProbes { succeeded, limit };
        for (condition, is_met, text) in [
            (streak(5, None), true, "5 consecutive failures"),
            (streak(3, None), false, "3 of 5 consecutive failures"),
            (streak(7, lasting(12, 10)), true, "7 consecutive failures over 12s"),
            (streak(7, lasting(3, 10)), false, "7 of 5 consecutive failures over 3s of 10s"),
            (within(3, minute), true, "3 failures within 60s"),
            (within(1, Window::Calls(100)), false, "1 of 3 failures in the last 100 calls"),
            (rate(41, 80, 0.5), true, "41 of 80 calls failed, limit 50%"),
            (rate(1, 80, 0.07), false, "1 of 80 calls failed, limit 7%"),
            (rate(2, 3, 0.125), false, "2 of 3 calls failed, limit 12.5% of 10 calls or more"),
            (rate(0, 0, 0.5), false, "0 of 0 calls failed, limit 50% of 10 calls or more"),
            (slow(12, 20), true, "12 of 20 calls slow or hung, limit 50%"),
            (failed(1, 1, false), true, "1 failed probe"),
            (failed(2, 2, true), true, "2 failed or slow probes"),
            (failed(0, 1, false), false, "0 of 1 failed probe"),
            (succeeded(1, 2), false, "1 of 2 successful probes"),
            (succeeded(2, 2), true, "2 successful probes"),
        ] {
            assert_eq!((condition.is_met(), condition.to_string()), (is_met, text.to_owned()));
        }
    }
}
