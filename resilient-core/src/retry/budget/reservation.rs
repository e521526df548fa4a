//! Tokens of a retry that has not begun.

use std::fmt;

use super::handle::RetryBudget;
use crate::seeded::{Bug, seeded};

/// Tokens that were taken from a [`RetryBudget`] for one retry, before the sleep that comes first.
///
/// [`spend`](Reservation::spend) it when the attempt starts. Dropped without that, it gives the tokens back: so does a call
/// that is cancelled in its sleep. It can be moved and stored; it keeps its budget alive.
#[must_use = "dropped, it gives the tokens back"]
pub struct Reservation {
    budget: RetryBudget,
    /// What was taken, whatever a retry costs by now. Zero once it is spent.
    cost: u32,
}

impl Reservation {
    pub(super) fn new(budget: RetryBudget, cost: u32) -> Self {
        Self { budget, cost }
    }

    /// How many tokens it holds.
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// The attempt starts: the tokens are gone, unless it [succeeds](RetryBudget::succeeded).
    pub fn spend(mut self) {
        self.cost = 0;
        self.budget.count_spent();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.cost > 0 && !seeded(Bug::BudgetReservationKeptOnDrop) {
            self.budget.give_back(self.cost);
        }
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("budget", &self.budget.name())
            .field("cost", &self.cost)
            .finish()
    }
}
