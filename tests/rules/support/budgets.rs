//! Helpers of the tests from `budgets`.

use resilient::RetryBudget;
use resilient::budget::BudgetConfig;

/// Five tokens a retry, one for a success; this many to begin with.
pub(crate) fn budget(tokens: u32) -> RetryBudget {
    let settings = BudgetConfig::builder().capacity(100).initial_tokens(tokens);
    RetryBudget::new("dependency", settings.build().unwrap())
}
