//! The counts of one retry. They only grow, and saturate.

use std::time::Duration;

use crate::signal::StopReason;

/// The calls of one retry that did not succeed at their first attempt, since the retry was made.
/// The counts only grow, and saturate.
///
/// A call is counted from its first failed attempt on, from the first rejection by its circuit
/// breaker, or from its first wait at its [gate](crate::retry::AttemptGate). Each of these calls
/// that has ended is in exactly one of `recovered`, `waited`, `give_ups`, `cancelled` and
/// `panicked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RetryCounts {
    /// Calls that made at least one retry.
    pub retried: u64,
    /// Calls that succeeded after at least one failed attempt.
    pub recovered: u64,
    /// Calls that succeeded at their first attempt, after a wait for their circuit or at their
    /// gate.
    pub waited: u64,
    /// Calls that gave up, by the reason.
    pub give_ups: GiveUpCounts,
    /// Calls that were cancelled after their first attempt had failed, or after they had begun to
    /// wait for their circuit or at their gate.
    pub cancelled: u64,
    /// Calls that panicked after their first attempt had failed.
    pub panicked: u64,
    /// The attempts of these calls that ran and ended. An attempt that was cancelled with its call
    /// is not counted.
    pub attempts: u64,
    /// The retries that were granted, each with its delay.
    pub retries: u64,
    /// The waits for a circuit.
    pub waits: u64,
    /// The time for which these calls slept or waited between attempts, and before the first one. A
    /// sleep that was cancelled with its call is not counted.
    pub waiting_time: Duration,
}

/// How many calls gave up for each [`StopReason`].
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct GiveUpCounts([u64; StopReason::ALL.len()]);

impl GiveUpCounts {
    /// Returns how many calls gave up for this reason.
    #[must_use]
    pub fn of(&self, reason: StopReason) -> u64 {
        self.0[reason as usize]
    }

    /// Returns how many calls gave up for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn count(&mut self, reason: StopReason) {
        let count = &mut self.0[reason as usize];
        *count = count.saturating_add(1);
    }
}

impl std::fmt::Debug for GiveUpCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = StopReason::ALL.iter().zip(self.0).filter(|(_, count)| *count > 0);
        f.debug_map().entries(counts.map(|(reason, count)| (reason.as_str(), count))).finish()
    }
}
