//! What becomes of the permit of the attempt that succeeded: the loop reports it, or the caller
//! gets it.

use crate::breaker::{CircuitBreaker, OwnedPermit, Permit};

/// What becomes of the permit of the attempt that succeeded. `F` is what the log returns.
pub(super) trait SuccessPermit<F> {
    /// The output of the call.
    type Output;

    fn succeeded(&mut self, breaker: &CircuitBreaker, permit: Permit<'_>);

    fn output(self, of_log: F) -> Self::Output;
}

/// The loop reports the success.
pub(super) struct Reported;

impl<F> SuccessPermit<F> for Reported {
    type Output = F;

    fn succeeded(&mut self, _: &CircuitBreaker, permit: Permit<'_>) {
        permit.report_class(None);
    }

    fn output(self, of_log: F) -> F {
        of_log
    }
}

// B2
/// The caller gets the permit. Until then it is in the loop, and is dropped with it.
pub(super) struct Held(pub(super) Option<OwnedPermit>);

impl<F> SuccessPermit<F> for Held {
    type Output = (F, Option<OwnedPermit>);

    fn succeeded(&mut self, breaker: &CircuitBreaker, permit: Permit<'_>) {
        self.0 = Some(OwnedPermit::of_permit(breaker, permit));
    }

    fn output(self, of_log: F) -> Self::Output {
        (of_log, self.0)
    }
}
