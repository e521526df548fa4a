//! The policy of one call, with the name under which the call is counted.

use std::time::Duration;

use super::cell::RetryCell;
use super::overlay::DeclaredLimits;
use crate::retry::policy::RetryPolicy;
use crate::telemetry::RetryCallCount;
#[cfg(feature = "metrics")]
use crate::telemetry::UNNAMED;

/// The policy of one call, as its code gives it, with the name of the retry. An operator's override
/// applies on top of the policy.
#[derive(Debug, Clone, Copy)]
pub struct NamedPolicy<'a> {
    pub(crate) policy: &'a RetryPolicy,
    cell: Option<&'a RetryCell>,
    /// Whether the call reads the clock at its start, because the policy or an override limits its
    /// time.
    pub(crate) is_timed: bool,
}

/// A policy without a name.
impl<'a> From<&'a RetryPolicy> for NamedPolicy<'a> {
    #[inline]
    fn from(policy: &'a RetryPolicy) -> Self {
        Self { policy, cell: None, is_timed: policy.max_elapsed.is_some() }
    }
}

impl<'a> NamedPolicy<'a> {
    #[inline]
    pub(crate) fn of_cell(policy: &'a RetryPolicy, cell: &'a RetryCell, is_timed: bool) -> Self {
        Self { policy, cell: Some(cell), is_timed }
    }

    /// Asks again whether an override limits the time of the call.
    #[cfg(feature = "tokio")]
    pub(crate) fn starting_now(self) -> Self {
        let is_timed = self.cell.map(|cell| cell.is_timed(self.policy));
        Self { is_timed: is_timed.unwrap_or(self.is_timed), ..self }
    }

    #[inline]
    pub(crate) fn cell(&self) -> Option<&'a RetryCell> {
        self.cell
    }

    /// Returns the name, or `None` if the retry has no name.
    pub(crate) fn name(&self) -> Option<&'a str> {
        self.cell.and_then(RetryCell::record).map(|record| &**record.name())
    }

    /// Counts a call that starts now, under its name.
    #[cfg(feature = "metrics")]
    pub(crate) fn count_call(&self) -> RetryCallCount<'a> {
        let record = self.cell.and_then(RetryCell::record);
        RetryCallCount::begin(record.map_or(&UNNAMED, |record| record.results()))
    }

    /// Continues to count a call that borrows nothing. `is_counted` says whether the end of the
    /// call was counted.
    #[cfg(feature = "tokio")]
    pub(crate) fn resume_count(&self, is_counted: bool) -> RetryCallCount<'a> {
        #[cfg(feature = "metrics")]
        return {
            let record = self.cell.and_then(RetryCell::record);
            RetryCallCount::resume(record.map_or(&UNNAMED, |record| record.results()), is_counted)
        };
        #[cfg(not(feature = "metrics"))]
        {
            let _ = is_counted;
            self.count_call()
        }
    }

    #[cfg(not(feature = "metrics"))]
    #[inline]
    #[expect(clippy::unused_self, reason = "the call is not counted")]
    pub(crate) fn count_call(&self) -> RetryCallCount<'a> {
        RetryCallCount::default()
    }

    /// Returns the deadline and the attempt timeout of a call that starts now.
    pub(crate) fn limits(
        &self,
        declared: DeclaredLimits,
        own: [Option<Duration>; 2],
    ) -> [Option<Duration>; 2] {
        match self.cell {
            Some(cell) if self.is_timed => cell.limits(declared, own),
            _ => own,
        }
    }
}
