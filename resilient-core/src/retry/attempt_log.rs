//! What a loop remembers of its attempts: the trait that makes one loop of those that return the
//! last output and those that return every error.

use super::attempt::Attempt;
use super::driver::RetryDriver;
use crate::signal::StopReason;

/// What a loop remembers of its attempts: the last output, or every error.
pub trait AttemptLog<O> {
    /// The output of the call.
    type Final;

    /// An attempt begins whose body does not use earlier outputs: they are dropped.
    fn forget(&mut self);

    /// An attempt begins whose body borrows the last output. `take_back` follows.
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// An attempt begins that takes the last output, unless that error is to be returned later.
    fn hand_over(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// The attempt that borrowed the last output is over.
    fn take_back(&mut self, known: Attempt<O>);

    /// Another attempt follows this failed output.
    fn keep(&mut self, output: O, retry: &RetryDriver<'_>);

    /// Takes the last output of an attempt that was made; `None` if all were rejected.
    fn last_made(&mut self, retry: &RetryDriver<'_>) -> Option<O>;

    /// The call ends with a failed output.
    fn end(&mut self, output: O, retry: &RetryDriver<'_>, reason: StopReason) -> Self::Final;

    /// The call ends with a success.
    fn succeed(&mut self, output: O) -> Self::Final;
}
