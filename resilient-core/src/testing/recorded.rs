//! The record of one call in a scope.

use std::panic::Location;
use std::time::Duration;

use crate::retry::StopReason;

/// One call under a retry that was made in a [`Scope`](super::Scope).
#[derive(Debug, Clone)]
pub struct RecordedCall {
    pub(super) place: &'static Location<'static>,
    pub(super) attempts: u32,
    pub(super) delays: Vec<Duration>,
    pub(super) end: Option<Result<(), StopReason>>,
}

impl RecordedCall {
    /// The number of attempts that were made and ended. An attempt that a breaker rejected was not
    /// made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The delays between the attempts, jitter included, whether or not the sleeps were skipped.
    #[must_use]
    pub fn delays(&self) -> &[Duration] {
        &self.delays
    }

    /// Whether the call ended with a success.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.end == Some(Ok(()))
    }

    /// Why the call was not tried again. `None` for a success, and for a call that was cancelled or
    /// has not ended yet.
    #[must_use]
    pub fn gave_up(&self) -> Option<StopReason> {
        self.end.and_then(Result::err)
    }

    /// The place of the loop: the attribute in the code under test, or a place in this crate for
    /// [`RetryPolicy::call`](crate::retry::RetryPolicy::call).
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}
