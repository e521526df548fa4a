//! A named retry at one instant.

use std::fmt;
use std::time::Instant;

use super::counts::RetryCounts;
use super::failure::RetryFailure;
use crate::retry::policy::RetryPolicy;
use crate::signal::{RoundedTime, SettingsInForce, StopReason};

/// A named retry at one instant. Taking a snapshot changes nothing.
///
/// Counts and failures are read together, so they are consistent. `Display` writes a few lines for
/// people. With the feature `serde` a snapshot can be serialised: durations become seconds, and an
/// instant becomes the number of seconds that have passed since then.
///
/// ```
/// use resilient_core::retry::RetryPolicy;
///
/// let stock = RetryPolicy::default().named("stock");
/// assert!(stock.snapshot().to_string().starts_with("stock: 0 calls recovered, 0 gave up"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RetrySnapshot {
    /// The name of the retry.
    pub name: String,
    /// When the snapshot was taken.
    pub at: Instant,
    /// The settings that apply now, with the override. If several functions have the name, these
    /// are the settings of the first one; each keeps its own under the override. If each call gives
    /// its policy, this is the default policy; `settings_with_origin` then says so.
    pub policy: RetryPolicy,
    /// Whether an operator's override is in force.
    pub is_overridden: bool,
    /// The settings that apply now, each with its origin.
    pub settings_with_origin: SettingsInForce,
    /// The calls that succeeded at their first attempt. They are counted only with the feature
    /// `metrics`; without it, this is `None`.
    pub first_try: Option<u64>,
    /// The calls that did not succeed at their first attempt.
    pub counts: RetryCounts,
    /// The last four failed attempts, oldest first. An attempt is among them if its error is a
    /// failure of the dependency, or if it is worth a retry.
    pub last_failures: Vec<RetryFailure>,
}

impl RetrySnapshot {
    fn ago(&self, then: Instant) -> RoundedTime {
        RoundedTime(self.at.saturating_duration_since(then))
    }
}

/// Writes a few lines: how the calls ended, what they cost, and the last failures. Times are
/// rounded to milliseconds.
///
/// ```text
/// stock: 4 calls recovered, 2 gave up (1 exhausted, 1 budget), 0 cancelled, 0 panicked
///   calls that succeeded at once: not counted, needs the feature `metrics`
///   14 attempts, 8 retries, 0 waits for the circuit, 2.4s between attempts
///   failure 3.2s ago: attempt 3: connection refused
/// ```
impl fmt::Display for RetrySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let (name, total) = (&self.name, counts.give_ups.total());
        write!(f, "{name}: {} calls recovered, {total} gave up", counts.recovered)?;
        let reasons = StopReason::ALL.map(|reason| (reason, counts.give_ups.of(reason)));
        let mut before = " (";
        for (reason, count) in reasons.into_iter().filter(|(_, count)| *count > 0) {
            write!(f, "{before}{count} {reason}")?;
            before = ", ";
        }
        let end = if total > 0 { ")" } else { "" };
        write!(f, "{end}, {} cancelled, {} panicked", counts.cancelled, counts.panicked)?;
        if self.is_overridden {
            f.write_str("; settings overridden")?;
        }
        match self.first_try {
            Some(calls) => write!(f, "\n  calls that succeeded at once: {calls}")?,
            None => f.write_str(
                "\n  calls that succeeded at once: not counted, needs the feature `metrics`",
            )?,
        }
        write!(
            f,
            "\n  {} attempts, {} retries, {} waits for the circuit, {} between attempts",
            counts.attempts,
            counts.retries,
            counts.waits,
            RoundedTime(counts.waiting_time)
        )?;
        for failure in &self.last_failures {
            write!(f, "\n  failure {} ago: attempt {}", self.ago(failure.at), failure.attempt)?;
            if let Some(text) = &failure.text {
                write!(f, ": {text}")?;
            }
        }
        Ok(())
    }
}
