//! The ways in which an attempt ends without a success.

use crate::breaker::CircuitOpen;
use crate::signal::{Classification, ErrorText, Outcome, StopReason, TimeLimit};

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
    /// The loop does not start the attempt and ends for this reason. The operation was not called.
    NotStarted(StopReason),
}

/// The end of an attempt that did not run.
pub(super) enum NotRun<'a> {
    Rejected(&'a CircuitOpen),
    NotStarted(StopReason),
}

impl<'a> AttemptEnd<'a> {
    /// Returns a text about the error of an attempt that ran.
    pub(super) fn text(&self) -> Option<ErrorText> {
        match self {
            Self::Failed(class) => class.text().copied(),
            Self::Cut { limit, .. } => Some(limit.error_text()),
            Self::Rejected(_) | Self::NotStarted(_) => None,
        }
    }

    // B20, R15
    /// Returns whether the attempt is remembered as a failure. An error that says nothing against
    /// the dependency and is not worth a retry is not remembered.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Failed(class) => class.retry || class.health == Outcome::Failure,
            Self::Cut { .. } => true,
            Self::Rejected(_) | Self::NotStarted(_) => false,
        }
    }

    /// Returns the class of an attempt that ran, or the reason to stop after it. Returns `Err` if
    /// the attempt did not run.
    #[inline]
    pub(super) fn class(self) -> Result<Result<Classification, StopReason>, NotRun<'a>> {
        match self {
            Self::Failed(class) => Ok(Ok(class)),
            Self::Cut { limit, excepted } => Ok(match limit {
                TimeLimit::Deadline | TimeLimit::Scope => Err(StopReason::Deadline),
                TimeLimit::NoTimer => Err(StopReason::NoTimer),
                TimeLimit::AttemptTimeout | TimeLimit::Timeout => {
                    let mut class = Classification::transient();
                    class.retry = !excepted;
                    Ok(class)
                }
            }),
            Self::Rejected(open) => Err(NotRun::Rejected(open)),
            Self::NotStarted(reason) => Err(NotRun::NotStarted(reason)),
        }
    }
}
