//! Helpers of the tests from `composition`.

use resilient::{CircuitOpen, TimedOut};

#[derive(Debug, PartialEq)]
pub(crate) enum Late {
    Down(u32),
    Rejected(CircuitOpen),
    TimedOut(TimedOut),
}

impl From<CircuitOpen> for Late {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

impl From<TimedOut> for Late {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}
