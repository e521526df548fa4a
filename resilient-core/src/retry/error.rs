//! The error that holds the errors of all attempts.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::breaker::CircuitOpen;
use crate::signal::{Classification, Classify, Name, RoundedTime, StopReason, TimedOut};

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt<E> {
    pub(super) error: E,
    pub(super) delay: Duration,
    pub(super) took: Duration,
}

impl<E> FailedAttempt<E> {
    /// Returns the error of the attempt.
    #[must_use]
    pub fn error(&self) -> &E {
        &self.error
    }

    /// Returns how long the attempt took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Returns how long the call waited after the attempt. The wait is zero for the last attempt,
    /// unless the breaker rejected another attempt after the wait.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }
}

/// The error of a failed call, with the errors of all attempts.
/// [`RetryCall::run_recorded`](crate::retry::RetryCall::run_recorded) returns it, and so do
/// functions under `#[retry(errors = all)]` whose return type is `Result<T, RetryError<E>>`.
///
/// If more than 100 attempts failed, the error holds the last 100. If the breaker rejected the
/// first attempt, no attempt ran, and the only error is the rejection.
///
/// A `RetryError` has the size of one word.
#[derive(Clone, PartialEq, Eq)]
pub struct RetryError<E>(Box<Ended<E>>);

/// How the call ended.
#[derive(Clone, PartialEq, Eq)]
struct Ended<E> {
    /// The name of the retry, if it has one.
    retry: Option<Name>,
    earlier: Vec<FailedAttempt<E>>,
    last: FailedAttempt<E>,
    forgotten: u32,
    reason: StopReason,
    /// The name of the budget, if the call ended because the budget had too few tokens.
    budget: Option<Name>,
    elapsed: Duration,
}

impl<E> RetryError<E> {
    /// The maximum number of failed attempts in the error.
    pub(super) const KEPT: usize = 100;

    pub(super) fn new(
        earlier: Vec<FailedAttempt<E>>,
        last: FailedAttempt<E>,
        forgotten: u32,
        reason: StopReason,
        elapsed: Duration,
    ) -> Self {
        let (retry, budget) = (None, None);
        Self(Box::new(Ended { retry, earlier, last, forgotten, reason, budget, elapsed }))
    }

    /// Sets the name of the budget that ended the call, or `None` if the call ended for another
    /// reason.
    pub(super) fn with_budget(mut self, budget: Option<Name>) -> Self {
        self.0.budget = budget;
        self
    }

    /// Sets the name of the retry.
    pub(super) fn with_retry(mut self, retry: Option<Name>) -> Self {
        self.0.retry = retry;
        self
    }

    /// Makes a `RetryError` with a single error. The times of the call are unknown, so they are
    /// zero.
    fn of_one(error: E, reason: StopReason) -> Self {
        let last = FailedAttempt { error, delay: Duration::ZERO, took: Duration::ZERO };
        Self::new(Vec::new(), last, 0, reason, Duration::ZERO)
    }

    pub(super) fn not_retried(error: E) -> Self {
        Self::of_one(error, StopReason::NotRetryable)
    }

    // R15
    /// Returns the name of the retry. It is `None` if the retry has no name, and if the error was
    /// made from a rejection or a time limit around the loop.
    #[must_use]
    pub fn retry(&self) -> Option<&str> {
        self.0.retry.as_deref()
    }

    /// Returns the reason why no attempt followed.
    #[must_use]
    pub fn reason(&self) -> StopReason {
        self.0.reason
    }

    // R7
    /// Returns the name of the budget if the call ended because the budget had too few tokens.
    #[must_use]
    pub fn budget(&self) -> Option<&str> {
        self.0.budget.as_deref()
    }

    /// Returns the last error. Without `errors = all`, the call would return only this error.
    #[must_use]
    pub fn error(&self) -> &E {
        &self.0.last.error
    }

    /// Returns the last error, and drops the other errors.
    #[must_use]
    pub fn into_error(self) -> E {
        self.0.last.error
    }

    /// Returns the failed attempts, from the first to the last.
    #[must_use]
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &FailedAttempt<E>> {
        self.0.earlier.iter().chain([&self.0.last])
    }

    /// Returns the number of failed attempts that came before [`attempts`](Self::attempts) and were
    /// dropped.
    #[must_use]
    pub fn forgotten(&self) -> u32 {
        self.0.forgotten
    }

    /// Returns the time of the whole call: attempts and delays.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }
}

impl<E: fmt::Debug> fmt::Debug for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryError")
            .field("retry", &self.retry())
            .field("attempts", &self.attempts().collect::<Vec<_>>())
            .field("forgotten", &self.0.forgotten)
            .field("reason", &self.0.reason)
            .field("budget", &self.budget())
            .field("elapsed", &self.0.elapsed)
            .finish()
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = u64::from(self.0.forgotten) + self.attempts().count() as u64;
        let attempts = if count == 1 { "attempt" } else { "attempts" };
        if let Some(retry) = &self.0.retry {
            write!(f, "{} ", retry.quoted())?;
        }
        let elapsed = RoundedTime(self.0.elapsed);
        write!(f, "gave up after {count} {attempts} in {elapsed} ({}", self.0.reason)?;
        if let Some(budget) = &self.0.budget {
            write!(f, " {}", budget.quoted())?;
        }
        write!(f, "): {}", self.0.last.error)
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0.last.error)
    }
}

// R8
/// Refers to the last error, in which the attributes look for rejections and time limits.
impl<E: AsRef<dyn Error + Send + Sync>> AsRef<dyn Error + Send + Sync> for RetryError<E> {
    fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.0.last.error.as_ref()
    }
}

/// Refers to the last error, in which the attributes look for rejections and time limits.
impl<E: AsRef<dyn Error>> AsRef<dyn Error> for RetryError<E> {
    fn as_ref(&self) -> &(dyn Error + 'static) {
        self.0.last.error.as_ref()
    }
}

impl<E: Classify> Classify for RetryError<E> {
    fn classify(&self) -> Classification {
        self.0.last.error.classify()
    }
}

/// Lets a breaker wrap the loop: the rejection becomes the only error.
impl<E: From<CircuitOpen>> From<CircuitOpen> for RetryError<E> {
    fn from(open: CircuitOpen) -> Self {
        Self::of_one(E::from(open), StopReason::CircuitOpen)
    }
}

/// Lets a time limit wrap the loop: the timeout becomes the only error.
impl<E: From<TimedOut>> From<TimedOut> for RetryError<E> {
    fn from(timed_out: TimedOut) -> Self {
        Self::of_one(E::from(timed_out), StopReason::Deadline)
    }
}
