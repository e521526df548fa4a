//! Deliberate mistakes of the model. The tests prove that the comparison finds each mistake.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wrong {
    /// The circuit stays closed if a rate equals the threshold.
    RateIsExclusive,
    /// A call that takes exactly `slow_call` is fast.
    SlowIsExclusive,
    /// A caller that waits for exactly `retry_after` is rejected.
    EndIsExclusive,
    /// A window of time covers one bucket too many.
    OneBucketMore,
    /// The open time starts to grow at the second re-opening, not at the first.
    GrowthStartsLate,
    /// A hint has no upper bound.
    HintIsUnbounded,
    /// An outcome from an older generation changes the present state.
    LateCounts,
    /// A probe loses its slot when its lease expires, even if no other call takes the slot.
    LeaseEndsByItself,
    /// A changed setting moves the end of a state even if the end was set by hand.
    OverrideMovesAnyEnd,
    /// If an operator trips an open circuit whose end has passed, this counts as a re-opening.
    DueTripReopens,
    /// The streak opens the circuit before `failure_span` has passed.
    SpanIsIgnored,
    /// A window of time keeps its calls when the clock is set back by more than the window.
    SetBackKeepsCalls,
    /// A state lasts longer if the clock is set back.
    SetBackProlongs,
    /// A call is never overdue.
    NothingIsOverdue,
    /// A call of an older generation can be overdue.
    OldCallsAreOverdue,
    /// An overdue probe keeps its slot.
    OverdueProbesWait,
    /// A transition clears the last failures.
    FailuresEndWithTheState,
    /// If `remember_errors` is switched off, the texts of earlier failures stay.
    TextsStay,
}

impl Wrong {
    pub(crate) const ALL: [Self; 18] = [
        Self::RateIsExclusive,
        Self::SlowIsExclusive,
        Self::EndIsExclusive,
        Self::OneBucketMore,
        Self::GrowthStartsLate,
        Self::HintIsUnbounded,
        Self::LateCounts,
        Self::LeaseEndsByItself,
        Self::OverrideMovesAnyEnd,
        Self::DueTripReopens,
        Self::SpanIsIgnored,
        Self::SetBackKeepsCalls,
        Self::SetBackProlongs,
        Self::NothingIsOverdue,
        Self::OldCallsAreOverdue,
        Self::OverdueProbesWait,
        Self::FailuresEndWithTheState,
        Self::TextsStay,
    ];
}
