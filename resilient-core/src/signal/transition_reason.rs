//! The reasons for which a breaker changes its state.

labels! {
    /// Why a breaker changed its state.
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
    pub enum TransitionReason {
        /// The consecutive failures reached `failure_threshold`.
        FailureThreshold = "failure threshold reached",
        /// The failures in the window reached `failure_count`.
        FailureCount = "failure count reached",
        /// The share of failures in the window reached `failure_rate`.
        FailureRate = "failure rate reached",
        /// The share of slow calls in the window reached `slow_call_rate`.
        SlowCallRate = "slow call rate reached",
        /// The recovery time was over when a call came.
        RecoveryTime = "recovery time over",
        /// More probes failed than are tolerated.
        ProbeFailed = "probe failed",
        /// More probes failed or were slow than are tolerated, and the last probe was slow.
        ProbeSlow = "probe too slow",
        /// Enough probes succeeded.
        ProbesSucceeded = "enough probes succeeded",
        /// An operator changed the state by hand.
        Manual = "by hand",
        /// An operator had set the state by hand for a time, and this time was over when a call or
        /// an operation by hand came.
        ManualEnd = "end of the state set by hand",
        /// An override set the state, or an override that had set the state was cleared. The table
        /// is in the transition's note.
        Override = "by an override",
        /// An override had set the state for a time, and this time was over when a call or an
        /// operation by hand came.
        OverrideEnd = "end of the state set by an override",
    }
    /// Returns the label for logs: `failure threshold reached` ….
    pub fn as_str;
    #[cfg(test)]
    pub(crate) const ALL: 12;
}
