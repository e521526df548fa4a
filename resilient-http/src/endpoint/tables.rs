//! The settings of an endpoint that are separate tables in a file: `retry` and `budget`.

use resilient::RetryPolicy;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::retries::RetryPolicyBuilder;

/// A whole retry policy, or changes to the default policy.
#[derive(Debug, Clone)]
pub(super) enum RetrySettings {
    Policy(RetryPolicy),
    Changes(RetryPolicyBuilder),
}

#[derive(Debug, Clone)]
pub(super) enum BudgetSettings {
    Checked(BudgetConfig),
    #[cfg_attr(
        not(feature = "serde"),
        expect(dead_code, reason = "only files change some of the settings")
    )]
    Changes(BudgetConfigBuilder),
    None,
}
