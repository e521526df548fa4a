//! Generations, and what the present one makes of a success.

/// Generations count in steps of this, so that they stand in the state word as they are: its low
/// bits hold the state.
pub(in crate::breaker) const GENERATION_STEP: u64 = 1 << 7;

/// The generation after this one. The first is zero.
pub(in crate::breaker) const fn next_generation(generation: u64) -> u64 {
    generation.wrapping_add(GENERATION_STEP)
}

/// What is to be done with a success that is not slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Successes {
    /// It changes nothing, and is counted.
    Clean,
    /// It opens nothing, and can be left for the state machine to learn of later.
    Pending,
    /// The same, while the present bucket of a window of time lasts.
    PendingInBucket,
    /// The state machine must know at once.
    Locked,
}

impl Successes {
    pub(crate) fn can_be_left(self) -> bool {
        matches!(self, Self::Pending | Self::PendingInBucket)
    }
}
