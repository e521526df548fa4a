//! Counts of a breaker's calls by the way in which they ended.

/// The number of calls that ended in each way. The counts never decrease, and saturate. Each call
/// is in exactly one count, and also in `slow` if it was slow. A call that ends while the breaker
/// is disabled is in no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallCounts {
    /// Calls that ended in [`Outcome::Success`](crate::signal::Outcome::Success).
    pub success: u64,
    /// Calls that ended in [`Outcome::Failure`](crate::signal::Outcome::Failure) or in a panic.
    /// Cancelled calls are included if the setting `abandoned` counts them as failures.
    pub failure: u64,
    /// Calls that ended in [`Outcome::Ignored`](crate::signal::Outcome::Ignored).
    pub ignored: u64,
    /// Cancelled calls: the permit was dropped without an outcome.
    pub abandoned: u64,
    /// Calls that ended after the breaker left the state that admitted them, or after the lease of
    /// their probe. They changed nothing.
    pub late: u64,
    /// Calls that the breaker rejected.
    pub rejected: u64,
    /// Successes and failures that took at least `slow_call`.
    pub slow: u64,
}

impl CallCounts {
    /// Combines each count with the same count of `other`.
    fn with(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            success: combine(self.success, other.success),
            failure: combine(self.failure, other.failure),
            ignored: combine(self.ignored, other.ignored),
            abandoned: combine(self.abandoned, other.abandoned),
            late: combine(self.late, other.late),
            rejected: combine(self.rejected, other.rejected),
            slow: combine(self.slow, other.slow),
        }
    }

    /// Returns the number of calls that ended.
    pub(crate) fn ended(&self) -> u64 {
        let Self { success, failure, ignored, abandoned, late, .. } = *self;
        [success, failure, ignored, abandoned, late].into_iter().fold(0, u64::saturating_add)
    }

    pub(crate) fn since(&self, start: &Self) -> Self {
        self.with(start, u64::saturating_sub)
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::saturating_add)
    }
}
