//! The reasons why a failed call was not tried again.

labels! {
    /// Why a failed call was not tried again.
    pub enum StopReason {
        /// The call has used all its attempts.
        Exhausted = "exhausted",
        /// Another attempt would not help.
        NotRetryable = "not_retryable",
        /// The next delay would reach `max_elapsed`.
        Elapsed = "elapsed",
        /// The deadline of this call or of an outer call passed, or the next delay would reach it.
        Deadline = "deadline",
        /// The budget has too few tokens: too many calls fail for retries to help.
        Budget = "budget",
        /// The circuit is open.
        CircuitOpen = "circuit_open",
        /// The dependency's hint is longer than `max_retry_after` or than the remaining time.
        Hint = "hint",
        /// The retry runs inside another retry, and `nested = collapse` leaves further attempts to
        /// the outer retry.
        Nested = "nested",
        /// A delay or a time limit needs an async runtime with timers, and there is no such
        /// runtime. tokio reports disabled timers by a panic. The panic is contained, but the panic
        /// hook still prints its message.
        NoTimer = "no_timer",
        /// The gate of the call refused the next attempt.
        Gate = "gate",
        /// The gate of the call closed while the call waited, or before an attempt.
        Closed = "closed",
    }
    /// Returns the label for metrics and logs.
    pub fn as_str;
    /// Every reason, in the order of the variants.
    pub const ALL: 11;
}
