//! Ways to be wrong by a little, to show that a comparison finds them.

/// One deliberate mistake.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wrong {
    /// A rate must be exceeded, not reached.
    RateIsExclusive,
    /// A call that takes exactly `slow_call` is fast.
    SlowIsExclusive,
    /// Who sleeps exactly `retry_after` comes too early.
    EndIsExclusive,
    /// A window of time holds one bucket more.
    OneBucketMore,
    /// The first re-opening does not grow.
    GrowthStartsLate,
    /// What a dependency asks for has no bound.
    HintIsUnbounded,
    /// What ends after the state that admitted it moves the present one.
    LateCounts,
    /// A probe whose lease is over gives up its slot also where nobody asks for it.
    LeaseEndsByItself,
    /// An override moves an end that was set by hand.
    OverrideMovesAnyEnd,
}

impl Wrong {
    pub(crate) const ALL: [Self; 9] = [
        Self::RateIsExclusive,
        Self::SlowIsExclusive,
        Self::EndIsExclusive,
        Self::OneBucketMore,
        Self::GrowthStartsLate,
        Self::HintIsUnbounded,
        Self::LateCounts,
        Self::LeaseEndsByItself,
        Self::OverrideMovesAnyEnd,
    ];
}
