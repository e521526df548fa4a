//! Why a failed call ended.

use std::fmt;

/// Why a failed call was not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// All attempts are used up.
    Exhausted,
    /// Another attempt would not help.
    NotRetryable,
    /// The next delay would reach `max_elapsed`.
    Elapsed,
    /// The deadline of this or an outer call passed, or the next delay would reach it.
    Deadline,
    /// The budget has too few tokens: too many calls fail for retries to help.
    Budget,
    /// The circuit is open.
    CircuitOpen,
    /// The dependency's hint is above `max_retry_after` or the remaining time.
    Hint,
    /// The retry runs inside another one, and `nested = collapse` leaves retries to that.
    Nested,
    /// A delay or a time limit needs an async runtime with timers, which is missing. tokio reports
    /// disabled timers by a panic, which is contained; the panic hook still prints its message.
    NoTimer,
}

impl StopReason {
    /// The label for metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::NotRetryable => "not_retryable",
            Self::Elapsed => "elapsed",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
            Self::CircuitOpen => "circuit_open",
            Self::Hint => "hint",
            Self::Nested => "nested",
            Self::NoTimer => "no_timer",
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
