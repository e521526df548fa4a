//! An error as an application would define it, and a counter of calls.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, TimedOut};

/// An error without a classification.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The dependency failed. The value is the number of the call or of the attempt.
    Down(u32),
    /// The dependency was busy.
    Busy,
    /// The breaker rejected the call.
    Open(CircuitOpen),
    /// A time limit ended the call.
    TimedOut(TimedOut),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TimedOut> for Fault {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Fault {}

/// Counts calls.
#[derive(Debug, Default)]
pub struct Calls(AtomicU32);

impl Calls {
    /// Returns a counter at zero.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Counts a call and returns its number, starting from 1.
    pub fn next(&self) -> u32 {
        self.0.fetch_add(1, SeqCst) + 1
    }

    /// Returns how many calls there were.
    pub fn count(&self) -> u32 {
        self.0.load(SeqCst)
    }
}
