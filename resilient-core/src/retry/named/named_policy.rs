//! The policy of one call, with the name under which the call is counted.

use std::time::Duration;

use super::cell::RetryCell;
use super::overlay::DeclaredLimits;
use crate::retry::policy::RetryPolicy;

/// The policy of one call, as its code gives it, with the name of the retry. An operator's override
/// applies on top of the policy.
#[derive(Debug, Clone, Copy)]
pub struct NamedPolicy<'a> {
    pub(crate) policy: &'a RetryPolicy,
    cell: Option<&'a RetryCell>,
    /// Whether an override concerned the start of calls when this call started.
    pub(crate) is_watched: bool,
}

/// A policy without a name.
impl<'a> From<&'a RetryPolicy> for NamedPolicy<'a> {
    #[inline]
    fn from(policy: &'a RetryPolicy) -> Self {
        Self { policy, cell: None, is_watched: false }
    }
}

impl<'a> NamedPolicy<'a> {
    /// Makes the policy of a call that starts now under the name of a registered cell.
    #[inline]
    pub(crate) fn of_cell(policy: &'a RetryPolicy, cell: &'a RetryCell) -> Self {
        let is_watched = !cell.is_plain() && cell.is_watched();
        Self { policy, cell: Some(cell), is_watched }
    }

    /// Asks again whether an override concerns the start of the call.
    #[cfg(feature = "tokio")]
    pub(crate) fn starting_now(self) -> Self {
        self.cell.map_or(self, |cell| Self::of_cell(self.policy, cell))
    }

    #[inline]
    pub(crate) fn cell(&self) -> Option<&'a RetryCell> {
        self.cell
    }

    /// Returns the name, or `None` if the retry has no name.
    #[cfg(feature = "tokio")]
    pub(crate) fn name(&self) -> Option<&'a str> {
        self.cell.and_then(RetryCell::record).map(|record| &**record.name())
    }

    /// Returns the deadline and the attempt timeout of a call that starts now.
    pub(crate) fn limits(
        &self,
        declared: DeclaredLimits,
        own: [Option<Duration>; 2],
    ) -> [Option<Duration>; 2] {
        match self.cell {
            Some(cell) if self.is_watched => cell.limits(declared, own),
            _ => own,
        }
    }
}
