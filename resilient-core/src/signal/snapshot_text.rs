//! The text of a snapshot, for people.

use std::fmt;
use std::time::Instant;

use super::{BreakerSnapshot, RoundedTime};

/// Writes a few lines: the state, and why and until when; how far the conditions are from being
/// met; the calls; the last failures. Times are rounded to milliseconds.
///
/// ```text
/// payments: open since 3.2s ago, ends in 26.8s
///   closed to open for 30s: 5 consecutive failures; last failure: connection refused
///   calls: 120 succeeded, 5 failed, 0 ignored, 0 abandoned, 17 rejected; 2 in flight
///   failure 3.2s ago: connection refused, after 250ms
/// ```
impl fmt::Display for BreakerSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(key) = &self.key {
            // A key may come from a stranger, so its control characters are escaped.
            write!(f, "[{key:?}]")?;
        }
        write!(f, ": {}", self.state)?;
        if let Some(since) = self.since {
            write!(f, " since {} ago", self.ago(since))?;
        }
        if let Some(ends_in) = self.ends_in {
            write!(f, ", ends in {}", RoundedTime(ends_in))?;
        }
        if !self.note.is_empty() {
            write!(f, ", {}", self.note)?;
        }
        if let Some(last) = self.recent.last().filter(|last| Some(last.at) == self.since) {
            write!(f, "\n  {last}")?;
        }
        for distance in &self.distances {
            write!(f, "\n  {distance}")?;
        }
        let totals = &self.totals;
        write!(f, "\n  calls: {} succeeded, {} failed, ", totals.success, totals.failure)?;
        write!(f, "{} ignored, {} abandoned, ", totals.ignored, totals.abandoned)?;
        write!(f, "{} rejected; {} in flight", totals.rejected, self.in_flight)?;
        if self.overdue > 0 {
            write!(f, ", {} overdue", self.overdue)?;
        }
        for record in &self.last_failures {
            write!(f, "\n  failure {} ago: {record}", self.ago(record.at()))?;
        }
        Ok(())
    }
}

impl BreakerSnapshot {
    fn ago(&self, then: Instant) -> RoundedTime {
        RoundedTime(self.at.saturating_duration_since(then))
    }
}
