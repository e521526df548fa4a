//! A budget's tokens, settings and counts at one instant.

use super::config::BudgetConfig;

/// Counts of a budget's actions since it was made. They only grow, and saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetCounts {
    /// Retries that were paid for. Those neither spent nor returned are in their sleep.
    pub granted: u64,
    /// Retries that were refused, because there were too few tokens.
    pub refused: u64,
    /// Of those granted, the ones whose attempt started.
    pub spent: u64,
    /// Of those granted, the ones that were cancelled in their sleep: their tokens went back.
    pub returned: u64,
    /// Of those spent, the ones that succeeded: their tokens went back.
    pub refunded: u64,
    /// Calls that succeeded at their first attempt while the bucket was not full.
    pub deposited: u64,
}

/// A budget at one instant. Taking it changes nothing.
///
/// While calls are in flight the counts may lag behind the tokens; at rest both are exact. With the
/// feature `serde` it can be serialised, under the names of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetSnapshot {
    /// The budget's name.
    pub name: String,
    /// The tokens in the bucket.
    pub tokens: u32,
    /// The most tokens that the bucket holds.
    pub capacity: u32,
    /// The current settings, an operator's override included.
    pub settings: BudgetConfig,
    /// What the budget did since it was made.
    pub counts: BudgetCounts,
}
