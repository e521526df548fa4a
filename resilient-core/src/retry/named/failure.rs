//! A failed attempt that a retry remembers.

use std::time::Instant;

use crate::signal::ErrorText;

/// A failed attempt that a retry remembers: see
/// [`RetrySnapshot::last_failures`](super::RetrySnapshot::last_failures).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryFailure {
    /// When the attempt ended.
    pub at: Instant,
    /// The number of the attempt in its call, counted from 1.
    pub attempt: u32,
    /// A short text about the error, if the error has one and the retry remembers errors.
    pub text: Option<ErrorText>,
}
