//! The feature `metrics`: counts each call of a driver, also the calls that succeed at their first
//! attempt.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::cell::RetryCell;
use crate::signal::StopReason;
use crate::telemetry::{CallResult, CallTotals, ResultCounts};

/// The calls of retries that are in no registry.
static UNNAMED: CallTotals = CallTotals::new();
/// The waits for a circuit of retries that are in no registry.
static WAITS: AtomicU64 = AtomicU64::new(0);

/// Returns the calls of retries that are in no registry, and their waits for a circuit.
pub(crate) fn unnamed_calls() -> (ResultCounts, u64) {
    (UNNAMED.counts(), WAITS.load(Relaxed))
}

/// A call under a retry. It is counted under exactly one result.
#[derive(Debug)]
pub(crate) struct CallCount<'a> {
    cell: Option<&'a RetryCell>,
    is_counted: bool,
}

impl<'a> CallCount<'a> {
    #[inline]
    pub(crate) fn new(cell: Option<&'a RetryCell>) -> Self {
        Self { cell, is_counted: false }
    }

    /// Counts a call that ended with a success.
    #[inline]
    pub(crate) fn succeeded(&mut self, is_after_retry: bool) {
        self.count(if is_after_retry {
            CallResult::SuccessAfterRetry
        } else {
            CallResult::Success
        });
    }

    /// Notes that an attempt did not succeed. If the retry is in a registry, the record of its name
    /// counts the call from now on.
    pub(crate) fn failed(&mut self) {
        self.is_counted |= totals_of(self.cell).is_some();
    }

    pub(crate) fn gave_up(&mut self, reason: StopReason) {
        self.count(CallResult::GaveUp(reason));
    }

    /// Counts a wait for the circuit.
    pub(crate) fn waits(cell: Option<&RetryCell>) {
        if totals_of(cell).is_none() {
            WAITS.fetch_add(1, Relaxed);
        }
    }

    #[inline]
    fn count(&mut self, result: CallResult) {
        if !std::mem::replace(&mut self.is_counted, true) {
            totals_of(self.cell).unwrap_or(&UNNAMED).count(result);
        }
    }
}

/// Returns the totals of a name that is in a registry.
fn totals_of(cell: Option<&RetryCell>) -> Option<&CallTotals> {
    cell?.record()?.call_totals()
}

impl Drop for CallCount<'_> {
    fn drop(&mut self) {
        if !self.is_counted {
            let panics = std::thread::panicking();
            self.count(if panics { CallResult::Panicked } else { CallResult::Cancelled });
        }
    }
}
