//! What a loop remembers of its attempts: the trait that makes one loop of those that return the
//! last output and those that return every error.

use std::time::Duration;

use super::attempt::Attempt;
use super::driver::{AttemptEnd, RetryDriver};
use crate::breaker::CircuitOpen;
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
    fn real(&mut self, retry: &RetryDriver<'_>) -> Option<O>;

    /// The call ends with a failed output.
    fn end(&mut self, output: O, retry: &RetryDriver<'_>, reason: StopReason) -> Self::Final;

    /// The call ends with a success.
    fn succeed(&mut self, output: O) -> Self::Final;
}

/// The output and the next step of an attempt that the breaker rejected. The output is that of the
/// last attempt that was made (R9), or `make` makes it from the rejection.
#[expect(
    clippy::inline_always,
    reason = "otherwise the state of the loop is in memory on the hot path"
)]
#[inline(always)]
#[track_caller]
pub fn after_rejection<O>(
    retry: &mut RetryDriver<'_>,
    log: &mut impl AttemptLog<O>,
    open: CircuitOpen,
    make: impl FnOnce(CircuitOpen) -> O,
) -> (O, Result<Duration, StopReason>) {
    let next = retry.after(AttemptEnd::Rejected(&open), None);
    let output = match log.real(retry) {
        Some(real) => real,
        None => make(open),
    };
    (output, next)
}
