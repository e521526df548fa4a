//! How an attempt ended, other than with a success.

use crate::breaker::CircuitOpen;
use crate::signal::{Classification, TimeLimit};

/// How an attempt ended, other than with a success: the argument of
/// [`RetryDriver::after`](super::RetryDriver::after).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum AttemptEnd<'a> {
    /// It ran to its end and failed.
    Failed(Classification),
    /// A time limit cancelled it.
    Cut {
        /// Which limit.
        limit: TimeLimit,
        /// Whether the caller excepts such failures from retries.
        excepted: bool,
    },
    /// The circuit below rejected it: the operation was not called.
    Rejected(&'a CircuitOpen),
}
