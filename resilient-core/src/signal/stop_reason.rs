//! Why a failed call ended.

labels! {
    /// Why a failed call was not tried again.
    pub enum StopReason {
        /// All attempts are used up.
        Exhausted = "exhausted",
        /// Another attempt would not help.
        NotRetryable = "not_retryable",
        /// The next delay would reach `max_elapsed`.
        Elapsed = "elapsed",
        /// The deadline of this or an outer call passed, or the next delay would reach it.
        Deadline = "deadline",
        /// The budget has too few tokens: too many calls fail for retries to help.
        Budget = "budget",
        /// The circuit is open.
        CircuitOpen = "circuit_open",
        /// The dependency's hint is above `max_retry_after` or the remaining time.
        Hint = "hint",
        /// The retry runs inside another one, and `nested = collapse` leaves retries to that.
        Nested = "nested",
        /// A delay or a time limit needs an async runtime with timers, which is missing. tokio
        /// reports disabled timers by a panic, which is contained; the panic hook still prints its
        /// message.
        NoTimer = "no_timer",
    }
    /// The label for metrics and logs.
    pub fn as_str;
    #[cfg(any(test, feature = "metrics"))]
    pub(crate) const ALL: 9;
}
