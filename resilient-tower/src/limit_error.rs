//! The error of a call that a time limit has cut short.

use resilient::TimedOut;
use resilient::retries::FromTimedOut;

/// Makes the error of a call that a time limit of the layer has cut short.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot make a `{E}` when a time limit ends the call",
    note = "give the error type of the service `From<resilient::TimedOut>`, as \
            `Box<dyn Error + Send + Sync>` has it"
)]
pub trait LimitError<E> {
    /// Makes the error.
    fn timed_out(&self, timed_out: TimedOut) -> E;
}

/// The layer has no time limit, so the error needs no conversion.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLimits;

/// The layer has a time limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct WithLimits;

impl<E> LimitError<E> for NoLimits {
    fn timed_out(&self, _: TimedOut) -> E {
        unreachable!("a call without limits is not cut short")
    }
}

impl<E: FromTimedOut> LimitError<E> for WithLimits {
    fn timed_out(&self, timed_out: TimedOut) -> E {
        E::timed_out(timed_out)
    }
}
