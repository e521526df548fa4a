//! The trait by which loops that return the last output and loops that return every error are one.

use super::attempt::Attempt;
use super::driver::RetryDriver;
use crate::signal::StopReason;

/// What a loop keeps of its attempts: the last output, or every error.
pub trait Kept<O> {
    /// The output of the call.
    type Final;

    /// An attempt begins whose body does not ask for earlier outputs: they are dropped.
    fn forget(&mut self);

    /// An attempt begins whose body borrows the last output. `give_back` follows.
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// An attempt begins that takes the last output, unless that error is to be returned later.
    fn give_away(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// The attempt that borrowed the last output is over.
    fn give_back(&mut self, known: Attempt<O>);

    /// Another attempt follows this failed output.
    fn keep(&mut self, output: O, retry: &RetryDriver<'_>);

    /// Takes the last output of an attempt that was made; `None` if all were rejected.
    fn real(&mut self, retry: &RetryDriver<'_>) -> Option<O>;

    /// The call ends with a failed output.
    fn end(&mut self, output: O, retry: &RetryDriver<'_>, reason: StopReason) -> Self::Final;

    /// The call ends with a success.
    fn succeed(&mut self, output: O) -> Self::Final;
}
