//! Helpers of the tests of time limits.

use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient::{CircuitOpen, TimedOut};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Late {
    Down,
    TimedOut(TimedOut),
    Rejected(CircuitOpen),
}

impl From<TimedOut> for Late {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<CircuitOpen> for Late {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

/// Returns which limit cut the call short, the number of attempts, and the length of the limit.
#[track_caller]
pub(crate) fn cut<T: std::fmt::Debug>(result: Result<T, Late>) -> (TimeLimit, u32, Duration) {
    match result {
        Err(Late::TimedOut(cut)) => (cut.limit(), cut.attempts(), cut.after()),
        other => panic!("{other:?} was not cut short"),
    }
}

pub(crate) async fn never() -> Result<(), Late> {
    std::future::pending().await
}
