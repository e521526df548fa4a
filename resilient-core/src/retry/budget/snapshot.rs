//! The tokens, settings and counts of a budget at one instant.

use super::config::BudgetConfig;
use crate::signal::SettingsInForce;

/// Counts of a budget's actions since the budget was made. They only grow, and saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetCounts {
    /// Retries that the budget paid for. A granted retry that is neither spent nor returned is
    /// still sleeping.
    pub granted: u64,
    /// Retries that the budget refused because it had too few tokens.
    pub refused: u64,
    /// Granted retries whose attempt started.
    pub spent: u64,
    /// Granted retries that were cancelled during their sleep. Their tokens returned to the budget.
    pub returned: u64,
    /// Spent retries that succeeded. Their tokens returned to the budget.
    pub refunded: u64,
    /// Calls that succeeded at an attempt that cost nothing, while the bucket was not full.
    pub deposited: u64,
}

#[cfg(feature = "metrics")]
impl BudgetCounts {
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            granted: self.granted.saturating_add(other.granted),
            refused: self.refused.saturating_add(other.refused),
            spent: self.spent.saturating_add(other.spent),
            returned: self.returned.saturating_add(other.returned),
            refunded: self.refunded.saturating_add(other.refunded),
            deposited: self.deposited.saturating_add(other.deposited),
        }
    }
}

/// A budget at one instant. Taking a snapshot changes nothing.
///
/// While calls are in flight, the counts may lag behind the tokens. When no call is in flight,
/// counts and tokens are exact. With the feature `serde`, a snapshot can be serialised under the
/// names of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetSnapshot {
    /// The name of the budget.
    pub name: String,
    /// The tokens in the bucket.
    pub tokens: u32,
    /// The most tokens that the bucket holds.
    pub capacity: u32,
    /// The current settings, including an operator's override.
    pub settings: BudgetConfig,
    /// The current settings, each with its origin.
    pub settings_with_origin: SettingsInForce,
    /// The counts of the budget's actions since the budget was made.
    pub counts: BudgetCounts,
}
