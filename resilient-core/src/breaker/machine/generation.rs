//! Generations, and how the present one handles a success.

/// Generations count in steps of this, so that they stand in the state word as they are: its low
/// bits hold the state.
pub(in crate::breaker) const GENERATION_STEP: u64 = 1 << 7;

/// The generation after this one. The first is zero.
pub(in crate::breaker) const fn next_generation(generation: u64) -> u64 {
    generation.wrapping_add(GENERATION_STEP)
}

/// How a success that is not slow is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::breaker) enum SuccessHandling {
    /// It changes nothing and is only counted.
    Clean,
    /// It opens nothing, and can be deferred: the state machine records it later.
    Pending,
    /// It can be deferred while the present bucket of a window of time lasts.
    PendingInBucket,
    /// The state machine must record it at once.
    Locked,
}

impl SuccessHandling {
    pub(in crate::breaker) fn is_deferrable(self) -> bool {
        matches!(self, Self::Pending | Self::PendingInBucket)
    }
}
