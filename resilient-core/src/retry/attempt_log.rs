//! What a loop keeps of its attempts. The trait lets one loop return either the last output or
//! every error.

use super::attempt::Attempt;
use super::driver::RetryDriver;
use crate::signal::StopReason;

/// What a loop keeps of its attempts: either the last output or every error.
pub trait AttemptLog<O> {
    /// The output of the call.
    type Final;

    /// Drops the earlier outputs, because an attempt begins whose body does not use them.
    fn forget(&mut self);

    /// Lends the last output to an attempt that begins. A call of `take_back` follows.
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// Moves the last output into an attempt that begins. A log that returns every error keeps the
    /// error instead.
    fn hand_over(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// Takes back the output that the attempt borrowed, after the attempt has ended.
    fn take_back(&mut self, known: Attempt<O>);

    /// Keeps a failed output, because another attempt follows.
    fn keep(&mut self, output: O, retry: &RetryDriver<'_>);

    /// Takes the output of the last attempt that ran, or `None` if the breaker rejected all
    /// attempts.
    fn last_made(&mut self, retry: &RetryDriver<'_>) -> Option<O>;

    /// Ends the call with a failed output.
    fn end(&mut self, output: O, retry: &RetryDriver<'_>, reason: StopReason) -> Self::Final;

    /// Ends the call with a success.
    fn succeed(&mut self, output: O) -> Self::Final;
}
