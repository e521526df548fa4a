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
    /// The deadline passed in an attempt, or the next delay would reach it. It may be an outer call's.
    Deadline,
    /// The budget has no token left: too many calls fail for retries to help.
    Budget,
    /// The circuit is open.
    CircuitOpen,
    /// The dependency asks for more time than `max_retry_after`, or than is left.
    Hint,
    /// The loop runs inside an attempt of another one, and `nested = collapse` leaves retries to that.
    Nested,
    /// There is a delay or a time limit to wait for and no async runtime to wait in, or one without timers. Of the latter
    /// tokio tells by a panic, which is contained; its message goes where the process's panics go.
    NoTimer,
}

impl StopReason {
    /// The name in lower case, as metrics and logs use it.
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
