//! The call of a stream: its permit, and its place among the calls in flight.

use resilient::breaker::OwnedPermit;
use resilient::{Classify, Outcome};

use crate::client::CallGuard;
use crate::error::ApiError;

/// Holds the permit of a call until its stream ends, and counts the call as in flight until then.
pub(crate) struct HeldCall {
    permit: Option<OwnedPermit>,
    _guard: CallGuard,
}

impl HeldCall {
    /// Takes over a call whose response head has just arrived.
    pub(crate) fn new(mut permit: Option<OwnedPermit>, guard: CallGuard) -> Self {
        // B6: from here on, the call is neither slow nor overdue, however long the stream takes.
        if let Some(permit) = &mut permit {
            permit.head_received();
        }
        Self { permit, _guard: guard }
    }

    /// Ends the call with the error that ended the stream.
    pub(super) fn fail(mut self, error: &ApiError) {
        if let Some(permit) = self.permit.take() {
            permit.report_class(Some(error.classify()));
        }
    }
}

/// Reports the outcome of the head, which is a success: the stream ended, or the caller has read
/// enough of it.
impl Drop for HeldCall {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            permit.report(Outcome::Success);
        }
    }
}
