//! The ways in which an attempt ends without a success.

use crate::breaker::CircuitOpen;
use crate::signal::{Classification, TimeLimit};

/// The end of an attempt that did not succeed: the argument of
/// [`RetryDriver::after`](super::RetryDriver::after).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum AttemptEnd<'a> {
    /// The attempt ran to its end and failed.
    Failed(Classification),
    /// A time limit cancelled the attempt.
    Cut {
        /// The limit that cancelled the attempt.
        limit: TimeLimit,
        /// Whether the caller excludes such failures from retries.
        excepted: bool,
    },
    /// The breaker rejected the attempt: the operation was not called.
    Rejected(&'a CircuitOpen),
}
