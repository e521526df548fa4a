//! Helpers of the tests of retry loops with a budget.

use resilient::RetryBudget;
use resilient::budget::BudgetConfig;

/// Creates a budget with this many tokens, a retry cost of five and a deposit of one.
pub(crate) fn budget(tokens: u32) -> RetryBudget {
    let settings = BudgetConfig::builder().capacity(100).initial_tokens(tokens);
    RetryBudget::new("dependency", settings.build().unwrap())
}
