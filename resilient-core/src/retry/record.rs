//! What a loop keeps of its attempts: the last output, or every error.
//!
//! Both are [`Kept`], so that loops differ in nothing but the type.

use std::fmt;
use std::time::{Duration, Instant};

use super::attempt::Attempt;
use super::driver::RetryDriver;
use super::error::{FailedAttempt, RetryError};
use crate::signal::StopReason;
use crate::time;

/// What a loop keeps of its attempts.
pub trait Kept<O> {
    /// What the call returns.
    type Final;

    /// An attempt's body runs next, and does not ask for what came before.
    fn forget(&mut self);

    /// An attempt's body runs next, and knows what came before.
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// The same, for an attempt that does not give back what it knows: it learns no error that is to be kept.
    fn give_away(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// The attempt that knew is over.
    fn give_back(&mut self, known: Attempt<O>);

    /// There is another attempt after this failed output.
    fn keep(&mut self, output: O, retry: &RetryDriver<'_>);

    /// The last failed output, unless it is but an earlier rejection.
    fn real(&mut self, retry: &RetryDriver<'_>) -> Option<O>;

    /// The call ends with a failed output.
    fn end(&mut self, output: O, retry: &RetryDriver<'_>, reason: StopReason) -> Self::Final;

    /// The call ends with a good output.
    fn succeed(&mut self, output: O) -> Self::Final;
}

/// The last failed output, and nothing before it.
pub struct Last<O>(Option<O>);

impl<O> Last<O> {
    /// Nothing yet.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }
}

impl<O> Default for Last<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> fmt::Debug for Last<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Last").finish_non_exhaustive()
    }
}

impl<O> Kept<O> for Last<O> {
    type Final = O;

    #[inline]
    fn forget(&mut self) {
        self.0 = None;
    }

    #[inline]
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O> {
        Attempt::new(retry, self.0.take())
    }

    fn give_away(&mut self, retry: &RetryDriver<'_>) -> Attempt<O> {
        self.lend(retry)
    }

    #[inline]
    fn give_back(&mut self, known: Attempt<O>) {
        // Where the attempt was rejected further down, the call ends with it.
        self.0 = known.into_last();
    }

    #[inline]
    fn keep(&mut self, output: O, _: &RetryDriver<'_>) {
        self.0 = Some(output);
    }

    #[inline]
    fn real(&mut self, retry: &RetryDriver<'_>) -> Option<O> {
        self.0.take().filter(|_| retry.has_failed())
    }

    #[inline]
    fn end(&mut self, output: O, _: &RetryDriver<'_>, _: StopReason) -> O {
        output
    }

    #[inline]
    fn succeed(&mut self, output: O) -> O {
        output
    }
}

/// The output of a call that tells all of its errors.
#[diagnostic::on_unimplemented(
    message = "`errors = all` returns every attempt's error, and `{Self}` cannot hold them",
    label = "not a `Result<T, RetryError<E>>`",
    note = "return `Result<T, resilient::RetryError<E>>`, where the body returns `Result<T, E>`; or leave `errors = all` out"
)]
pub trait Recorded {
    /// What one attempt returns.
    type Attempt;
    /// What the loop keeps. Named here, so that a type that cannot hold the errors is told of once.
    type Record: Kept<Self::Attempt, Final = Self> + Default;
}

impl<T, E> Recorded for Result<T, RetryError<E>> {
    type Attempt = Result<T, E>;
    type Record = Record<E>;
}

/// Every failed attempt's error.
pub struct Record<E> {
    failed: Vec<FailedAttempt<E>>,
    forgotten: u32,
    began: Option<Instant>,
    /// Delay and time of the last failed attempt, while its error is elsewhere.
    lent: Option<(Duration, Duration)>,
}

impl<E> Default for Record<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> fmt::Debug for Record<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("failed", &self.failed.len())
            .finish_non_exhaustive()
    }
}

impl<T, E> Kept<Result<T, E>> for Record<E> {
    type Final = Result<T, RetryError<E>>;

    fn forget(&mut self) {
        self.began = Some(time::now());
    }

    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<Result<T, E>> {
        self.began = Some(time::now());
        Attempt::new(retry, self.take_last().map(Err))
    }

    fn give_away(&mut self, retry: &RetryDriver<'_>) -> Attempt<Result<T, E>> {
        self.began = Some(time::now());
        Attempt::new(retry, None)
    }

    fn give_back(&mut self, known: Attempt<Result<T, E>>) {
        if let (Some((delay, took)), Some(Err(error))) = (self.lent.take(), known.into_last()) {
            self.failed.push(FailedAttempt { error, delay, took });
        }
    }

    fn keep(&mut self, output: Result<T, E>, retry: &RetryDriver<'_>) {
        match output {
            // A rejected attempt was none: what it returned is not one of the errors.
            Err(error) if retry.has_failed() => self.push(error, retry.last_delay()),
            _ => {}
        }
    }

    fn real(&mut self, _: &RetryDriver<'_>) -> Option<Result<T, E>> {
        self.take_last().map(Err)
    }

    fn end(
        &mut self,
        output: Result<T, E>,
        retry: &RetryDriver<'_>,
        reason: StopReason,
    ) -> Self::Final {
        output.map_err(|error| {
            let last = self.failed_attempt(error, Duration::ZERO);
            let started = retry.started_at();
            let elapsed = started.map_or(Duration::ZERO, |started| {
                time::now().saturating_duration_since(started)
            });
            let earlier = std::mem::take(&mut self.failed);
            RetryError::new(earlier, last, self.forgotten, reason, elapsed)
        })
    }

    fn succeed(&mut self, output: Result<T, E>) -> Self::Final {
        // An error only where the user's own words call one a success.
        output.map_err(RetryError::not_retried)
    }
}

impl<E> Record<E> {
    /// Nothing yet.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            failed: Vec::new(),
            forgotten: 0,
            began: None,
            lent: None,
        }
    }

    fn take_last(&mut self) -> Option<E> {
        let last = self.failed.pop()?;
        self.lent = Some((last.delay, last.took));
        Some(last.error)
    }

    fn push(&mut self, error: E, delay: Duration) {
        let failed = self.failed_attempt(error, delay);
        // With the last one, which comes by itself, as many as are promised.
        if self.failed.len() + 1 >= RetryError::<E>::KEPT {
            self.failed.remove(0);
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.failed.push(failed);
    }

    fn failed_attempt(&mut self, error: E, delay: Duration) -> FailedAttempt<E> {
        let (before, took) = match (self.lent.take(), self.began.take()) {
            // It was only away while another attempt was rejected.
            (Some(lent), _) => lent,
            (None, Some(began)) => {
                let took = time::now().saturating_duration_since(began);
                (Duration::ZERO, took)
            }
            (None, None) => (Duration::ZERO, Duration::ZERO),
        };
        FailedAttempt {
            error,
            delay: before.saturating_add(delay),
            took,
        }
    }
}
