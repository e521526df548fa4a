//! What a scope remembers of a call.

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
    pub(super) fn new(place: &'static Location<'static>) -> Self {
        Self {
            place,
            attempts: 0,
            delays: Vec::new(),
            end: None,
        }
    }

    /// How many attempts were made and ended. One that a breaker rejected was not made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the call waited between them, jitter included, whether or not the sleep was skipped.
    #[must_use]
    pub fn delays(&self) -> &[Duration] {
        &self.delays
    }

    /// Whether it ended with a success.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.end == Some(Ok(()))
    }

    /// Why it was not tried again. `None` for a success, and for a call that was cancelled or has not ended yet.
    #[must_use]
    pub fn gave_up(&self) -> Option<StopReason> {
        self.end.and_then(Result::err)
    }

    /// Where the loop is: the attribute, in the code under test. For
    /// [`RetryPolicy::call`](crate::retry::RetryPolicy::call) it is a place in this crate.
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}
