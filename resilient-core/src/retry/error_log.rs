//! The log of a loop that returns the errors of all failed attempts in a [`RetryError`].

use std::fmt;
use std::time::{Duration, Instant};

use super::attempt::Attempt;
use super::attempt_log::AttemptLog;
use super::budget::RetryBudget;
use super::driver::RetryDriver;
use super::error::{FailedAttempt, RetryError};
use crate::signal::StopReason;
use crate::time;

/// The output of a call that returns the errors of all attempts.
#[diagnostic::on_unimplemented(
    message = "`errors = all` returns every attempt's error, and `{Self}` cannot hold them",
    label = "not a `Result<T, RetryError<E>>`",
    note = "return `Result<T, resilient::RetryError<E>>`, where the body returns `Result<T, E>`; \
            or leave `errors = all` out"
)]
pub trait LoggedOutput {
    /// The output of one attempt.
    type Attempt;
    /// The log of the errors. Because the log is an associated type, an output that cannot hold the
    /// errors causes one compile error and not several.
    type Log: AttemptLog<Self::Attempt, Final = Self> + Default;
}

impl<T, E> LoggedOutput for Result<T, RetryError<E>> {
    type Attempt = Result<T, E>;
    type Log = ErrorLog<E>;
}

/// Keeps the error of every failed attempt.
pub struct ErrorLog<E> {
    failed: Vec<FailedAttempt<E>>,
    forgotten: u32,
    began: Option<Instant>,
    /// The delay and the duration of the last failed attempt, while the next attempt holds its
    /// error.
    lent: Option<(Duration, Duration)>,
}

impl<E> Default for ErrorLog<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> fmt::Debug for ErrorLog<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorLog").field("failed", &self.failed.len()).finish_non_exhaustive()
    }
}

impl<T, E> AttemptLog<Result<T, E>> for ErrorLog<E> {
    type Final = Result<T, RetryError<E>>;

    fn forget(&mut self) {
        self.began = Some(time::now());
    }

    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<Result<T, E>> {
        self.began = Some(time::now());
        Attempt::new(retry, self.take_last().map(Err))
    }

    fn hand_over(&mut self, retry: &RetryDriver<'_>) -> Attempt<Result<T, E>> {
        self.began = Some(time::now());
        Attempt::new(retry, None)
    }

    fn take_back(&mut self, known: Attempt<Result<T, E>>) {
        if let (Some((delay, took)), Some(Err(error))) = (self.lent.take(), known.into_last()) {
            self.failed.push(FailedAttempt { error, delay, took });
        }
    }

    fn keep(&mut self, output: Result<T, E>, retry: &RetryDriver<'_>) {
        match output {
            // A rejected attempt did not run, so its error is not recorded.
            Err(error) if retry.failed_attempts() > 0 => self.push(error),
            _ => {}
        }
    }

    fn slept(&mut self, retry: &RetryDriver<'_>) {
        if let Some(last) = self.failed.last_mut() {
            last.delay = last.delay.saturating_add(retry.last_delay());
        }
    }

    fn last_made(&mut self, _: &RetryDriver<'_>) -> Option<Result<T, E>> {
        self.take_last().map(Err)
    }

    fn end(
        &mut self,
        output: Result<T, E>,
        retry: &RetryDriver<'_>,
        reason: StopReason,
    ) -> Self::Final {
        output.map_err(|error| {
            let last = self.failed_attempt(error);
            let started = retry.started_at();
            let elapsed = started
                .map_or(Duration::ZERO, |started| time::now().saturating_duration_since(started));
            let earlier = std::mem::take(&mut self.failed);
            let budget = retry.budget_at_fault(reason).map(RetryBudget::shared_name);
            RetryError::new(earlier, last, self.forgotten, reason, elapsed)
                .with_budget(budget)
                .with_retry(retry.shared_name())
        })
    }

    fn succeed(&mut self, output: Result<T, E>) -> Self::Final {
        // An error reaches this line only if the keys of the user's attribute classify it as a
        // success.
        output.map_err(RetryError::not_retried)
    }
}

impl<E> ErrorLog<E> {
    /// Makes an empty log.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { failed: Vec::new(), forgotten: 0, began: None, lent: None }
    }

    fn take_last(&mut self) -> Option<E> {
        let last = self.failed.pop()?;
        self.lent = Some((last.delay, last.took));
        Some(last.error)
    }

    fn push(&mut self, error: E) {
        let failed = self.failed_attempt(error);
        // `end` adds the last error, so the log itself holds one error less than `KEPT`.
        if self.failed.len() + 1 >= RetryError::<E>::KEPT {
            self.failed.remove(0);
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.failed.push(failed);
    }

    fn failed_attempt(&mut self, error: E) -> FailedAttempt<E> {
        let (delay, took) = match (self.lent.take(), self.began.take()) {
            // The breaker rejected the attempt that held this earlier error. The error keeps its
            // times.
            (Some(lent), _) => lent,
            (None, Some(began)) => {
                let took = time::now().saturating_duration_since(began);
                (Duration::ZERO, took)
            }
            (None, None) => (Duration::ZERO, Duration::ZERO),
        };
        FailedAttempt { error, delay, took }
    }
}
