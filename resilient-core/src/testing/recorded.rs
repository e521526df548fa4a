//! The record of one call in a scope.

use std::panic::Location;
use std::time::Duration;

use crate::retry::StopReason;

/// One retried call that was made in a [`Scope`](super::Scope).
#[derive(Debug, Clone)]
pub struct RecordedCall {
    pub(super) place: &'static Location<'static>,
    pub(super) attempts: u32,
    pub(super) delays: Vec<Duration>,
    pub(super) waits: Vec<Duration>,
    pub(super) end: Option<Result<(), StopReason>>,
}

impl RecordedCall {
    /// Returns the number of attempts that ran and ended. An attempt that a breaker rejected did
    /// not run.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the delays between the attempts, jitter included, even if the sleeps were skipped.
    /// Waits for the circuit are not among them.
    #[must_use]
    pub fn delays(&self) -> &[Duration] {
        &self.delays
    }

    /// Returns the waits for the circuit, each with the longest time that it could take. A wait is
    /// shorter if the circuit closed earlier.
    #[must_use]
    pub fn waits(&self) -> &[Duration] {
        &self.waits
    }

    /// Returns whether the call ended with a success.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.end == Some(Ok(()))
    }

    /// Returns why the call made no further attempt. Returns `None` if the call succeeded, was
    /// cancelled or has not ended.
    #[must_use]
    pub fn gave_up(&self) -> Option<StopReason> {
        self.end.and_then(Result::err)
    }

    /// Returns the source location of the loop. With `#[retry]` this is the attribute in the code
    /// under test; with [`RetryPolicy::call`](crate::retry::RetryPolicy::call) it is a location in
    /// this crate.
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}
