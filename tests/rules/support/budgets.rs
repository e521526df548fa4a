//! Helpers of the tests from `budgets`.

use resilient::budget::BudgetConfig;
use resilient::{CircuitOpen, RetryBudget, TimedOut};

/// Five tokens a retry, one for a success; this many to begin with.
pub(crate) fn budget(tokens: u32) -> RetryBudget {
    let settings = BudgetConfig::builder().capacity(100).initial_tokens(tokens);
    RetryBudget::new("dependency", settings.build().unwrap())
}

#[derive(Debug, PartialEq)]
pub(crate) enum Paid {
    Down(u32),
    Rejected(CircuitOpen),
    TimedOut(TimedOut),
}

impl From<CircuitOpen> for Paid {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

impl From<TimedOut> for Paid {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}
