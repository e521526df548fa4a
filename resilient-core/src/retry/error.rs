//! The error that tells of all attempts.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::breaker::CircuitOpen;
use crate::signal::StopReason;
use crate::signal::TimedOut;
use crate::signal::{Classification, Classify};

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt<E> {
    pub(super) error: E,
    pub(super) delay: Duration,
    pub(super) took: Duration,
}

impl<E> FailedAttempt<E> {
    /// Its error.
    #[must_use]
    pub fn error(&self) -> &E {
        &self.error
    }

    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How long the call waited after it. Zero for the last, unless the circuit rejected what the call waited for.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }
}

/// The end of a failed call with every attempt's error, for those who ask: `#[retry(errors = all)]` on a function that
/// returns `Result<T, RetryError<E>>`, or [`RetryCall::run_recorded`](crate::retry::RetryCall::run_recorded).
///
/// Of more than 100 failed attempts, the last 100 are kept. Where the circuit was open from the start, nothing was tried,
/// and the one error is the rejection's.
///
/// It is one word, so that a `Result` with it is no larger than one with a box.
#[derive(Clone, PartialEq, Eq)]
pub struct RetryError<E>(Box<Told<E>>);

#[derive(Clone, PartialEq, Eq)]
struct Told<E> {
    earlier: Vec<FailedAttempt<E>>,
    last: FailedAttempt<E>,
    forgotten: u32,
    reason: StopReason,
    elapsed: Duration,
}

impl<E> RetryError<E> {
    /// How many failed attempts are kept.
    pub(super) const KEPT: usize = 100;

    pub(super) fn new(
        earlier: Vec<FailedAttempt<E>>,
        last: FailedAttempt<E>,
        forgotten: u32,
        reason: StopReason,
        elapsed: Duration,
    ) -> Self {
        Self(Box::new(Told {
            earlier,
            last,
            forgotten,
            reason,
            elapsed,
        }))
    }

    /// A call that was not tried again, and not timed.
    fn of_one(error: E, reason: StopReason) -> Self {
        let last = FailedAttempt {
            error,
            delay: Duration::ZERO,
            took: Duration::ZERO,
        };
        Self::new(Vec::new(), last, 0, reason, Duration::ZERO)
    }

    pub(super) fn not_retried(error: E) -> Self {
        Self::of_one(error, StopReason::NotRetryable)
    }

    /// Why there was no other attempt.
    #[must_use]
    pub fn reason(&self) -> StopReason {
        self.0.reason
    }

    /// The last error, which is what the call would have returned by itself.
    #[must_use]
    pub fn error(&self) -> &E {
        &self.0.last.error
    }

    /// The last error.
    #[must_use]
    pub fn into_error(self) -> E {
        self.0.last.error
    }

    /// The failed attempts, the first one first.
    #[must_use]
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &FailedAttempt<E>> {
        self.0.earlier.iter().chain([&self.0.last])
    }

    /// How many failed attempts there were before those in [`attempts`](Self::attempts).
    #[must_use]
    pub fn forgotten(&self) -> u32 {
        self.0.forgotten
    }

    /// The time of the whole call: attempts and delays.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }
}

impl<E: fmt::Debug> fmt::Debug for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryError")
            .field("attempts", &self.attempts().collect::<Vec<_>>())
            .field("forgotten", &self.0.forgotten)
            .field("reason", &self.0.reason)
            .field("elapsed", &self.0.elapsed)
            .finish()
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = u64::from(self.0.forgotten) + self.attempts().count() as u64;
        let attempts = if count == 1 { "attempt" } else { "attempts" };
        write!(
            f,
            "gave up after {count} {attempts} in {:?} ({}): {}",
            self.0.elapsed, self.0.reason, self.0.last.error
        )
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0.last.error)
    }
}

impl<E: Classify> Classify for RetryError<E> {
    fn classify(&self) -> Classification {
        self.0.last.error.classify()
    }
}

/// For a breaker above the loop.
impl<E: From<CircuitOpen>> From<CircuitOpen> for RetryError<E> {
    fn from(open: CircuitOpen) -> Self {
        Self::of_one(E::from(open), StopReason::CircuitOpen)
    }
}

/// For a time limit above the loop.
impl<E: From<TimedOut>> From<TimedOut> for RetryError<E> {
    fn from(timed_out: TimedOut) -> Self {
        Self::of_one(E::from(timed_out), StopReason::Deadline)
    }
}
