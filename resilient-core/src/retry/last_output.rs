//! The log of a loop that returns its last output. It keeps that output for the next attempt, or
//! for a call that ends with a rejection.

use std::fmt;

use super::attempt::Attempt;
use super::attempt_log::AttemptLog;
use super::driver::RetryDriver;
use crate::signal::StopReason;

/// Keeps the last failed output.
pub struct LastOutput<O>(Option<O>);

impl<O> LastOutput<O> {
    /// Makes an empty log.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }
}

impl<O> Default for LastOutput<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> fmt::Debug for LastOutput<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LastOutput").finish_non_exhaustive()
    }
}

impl<O> AttemptLog<O> for LastOutput<O> {
    type Final = O;

    #[inline]
    fn forget(&mut self) {
        self.0 = None;
    }

    #[inline]
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O> {
        Attempt::new(retry, self.0.take())
    }

    fn hand_over(&mut self, retry: &RetryDriver<'_>) -> Attempt<O> {
        self.lend(retry)
    }

    #[inline]
    fn take_back(&mut self, known: Attempt<O>) {
        // If a breaker in the operation rejects the attempt, the call ends with this output.
        self.0 = known.into_last();
    }

    #[inline]
    fn keep(&mut self, output: O, _: &RetryDriver<'_>) {
        self.0 = Some(output);
    }

    #[inline]
    fn slept(&mut self, _: &RetryDriver<'_>) {}

    #[inline]
    fn last_made(&mut self, retry: &RetryDriver<'_>) -> Option<O> {
        self.0.take().filter(|_| retry.failed_attempts() > 0)
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
