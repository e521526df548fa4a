//! The log of a loop that returns its last output. The log stores that output because the next
//! attempt may read it, and because a call that ends with a rejection returns it.

use std::fmt;
use std::marker::PhantomData;

use super::attempt::Attempt;
use super::attempt_log::AttemptLog;
use super::driver::RetryDriver;
use crate::signal::StopReason;

/// Stores the last failed output in a place of type `P`.
pub struct LastOutput<O, P = Option<O>>(P, PhantomData<fn() -> O>);

/// Stores the last failed output in the [`Attempt`], where the body can read it. So the future of
/// the call holds the output only once.
pub type ShownOutput<O> = LastOutput<O, Attempt<O>>;

impl<O> LastOutput<O> {
    /// Makes an empty log.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self(None, PhantomData)
    }
}

impl<O> ShownOutput<O> {
    /// Makes an empty log for the attempts of this call.
    #[must_use]
    pub fn for_call(retry: &RetryDriver<'_>) -> Self {
        Self(Attempt::new(retry, None), PhantomData)
    }

    /// Returns the attempt that starts now.
    pub fn show(&mut self, retry: &RetryDriver<'_>) -> &Attempt<O> {
        self.0.start_next(retry);
        &self.0
    }
}

/// The place in which a log keeps an output.
pub trait OutputPlace<O> {
    fn place(&mut self) -> &mut Option<O>;
}

impl<O> OutputPlace<O> for Option<O> {
    #[inline]
    fn place(&mut self) -> &mut Self {
        self
    }
}

impl<O> OutputPlace<O> for Attempt<O> {
    #[inline]
    fn place(&mut self) -> &mut Option<O> {
        self.last_output_mut()
    }
}

impl<O> Default for LastOutput<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O, P> fmt::Debug for LastOutput<O, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LastOutput").finish_non_exhaustive()
    }
}

impl<O, P: OutputPlace<O>> AttemptLog<O> for LastOutput<O, P> {
    type Final = O;

    #[inline]
    fn forget(&mut self) {
        *self.0.place() = None;
    }

    #[inline]
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O> {
        Attempt::new(retry, self.0.place().take())
    }

    fn hand_over(&mut self, retry: &RetryDriver<'_>) -> Attempt<O> {
        self.lend(retry)
    }

    #[inline]
    fn take_back(&mut self, known: Attempt<O>) {
        // If a breaker in the operation rejects the attempt, the call ends with this output.
        *self.0.place() = known.into_last();
    }

    #[inline]
    fn keep(&mut self, output: O, _: &RetryDriver<'_>) {
        *self.0.place() = Some(output);
    }

    #[inline]
    fn slept(&mut self, _: &RetryDriver<'_>) {}

    #[inline]
    fn last_made(&mut self, retry: &RetryDriver<'_>) -> Option<O> {
        self.0.place().take().filter(|_| retry.failed_attempts() > 0)
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
