//! What a loop keeps of its attempts. The trait lets one loop return either the last output or
//! every error.

use super::attempt::Attempt;
use super::driver::RetryDriver;
use crate::signal::StopReason;

/// What a loop keeps of its attempts: either the last output or every error.
pub trait AttemptLog<O> {
    /// The output of the call.
    type Final;

    /// Prepares an attempt whose body does not read the previous output. The log may drop that
    /// output.
    fn forget(&mut self);

    /// Makes the next attempt, and moves the last output into it. After the attempt, the loop calls
    /// `take_back` to move the output back.
    fn lend(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// Makes the next attempt, and moves the last output into it permanently. A log that returns
    /// every error keeps the last error instead, so the attempt has no last output.
    fn hand_over(&mut self, retry: &RetryDriver<'_>) -> Attempt<O>;

    /// Moves the output back from an attempt that has ended.
    fn take_back(&mut self, known: Attempt<O>);

    /// Keeps a failed output, because another attempt follows.
    fn keep(&mut self, output: O, retry: &RetryDriver<'_>);

    /// Records how long the call slept after its last failed attempt.
    fn slept(&mut self, retry: &RetryDriver<'_>);

    /// Takes the output of the last attempt that ran, or `None` if the breaker rejected all
    /// attempts.
    fn last_made(&mut self, retry: &RetryDriver<'_>) -> Option<O>;

    /// Ends the call with a failed output.
    fn end(&mut self, output: O, retry: &RetryDriver<'_>, reason: StopReason) -> Self::Final;

    /// Ends the call with a success.
    fn succeed(&mut self, output: O) -> Self::Final;
}
