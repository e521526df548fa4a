//! The tokens of a retry that has not started.

use std::fmt;
use std::sync::Arc;

use super::shared_budget::SharedBudget;

/// The tokens that one retry took from a [`RetryBudget`](super::RetryBudget) before its sleep.
///
/// Call [`spend`](Reservation::spend) when the attempt starts. If the reservation is dropped
/// unspent, for example because the call is cancelled during the sleep, the tokens return to the
/// budget. A reservation can be moved and stored; it keeps its budget alive.
#[must_use = "if it is dropped, the tokens return to the budget"]
pub struct Reservation {
    budget: Arc<SharedBudget>,
    /// The tokens that the retry took, even if the cost has changed since. Zero after `spend`.
    cost: u32,
}

impl Reservation {
    pub(super) fn new(budget: Arc<SharedBudget>, cost: u32) -> Self {
        Self { budget, cost }
    }

    /// Returns the number of tokens that the reservation holds.
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// Spends the tokens, because the attempt starts. If the attempt
    /// [succeeds](super::RetryBudget::succeeded), the tokens return to the budget.
    pub fn spend(mut self) {
        self.cost = 0;
        self.budget.counts.spent.count();
    }
}

// R11
impl Drop for Reservation {
    fn drop(&mut self) {
        if self.cost > 0 {
            self.budget.give_back(self.cost);
        }
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("budget", &&*self.budget.name)
            .field("cost", &self.cost)
            .finish()
    }
}
