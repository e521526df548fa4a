//! Helpers of the tests of budgets.

use resilient::RetryBudget;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::events::EventKind;

pub(crate) fn builder() -> BudgetConfigBuilder {
    BudgetConfig::builder()
}

#[track_caller]
pub(crate) fn config(settings: BudgetConfigBuilder) -> BudgetConfig {
    settings.build().expect("these settings are in range")
}

#[track_caller]
pub(crate) fn budget(settings: BudgetConfigBuilder) -> RetryBudget {
    RetryBudget::new("dependency", config(settings))
}

/// Reserves and spends the tokens of one retry. Returns whether the budget granted them.
pub(crate) fn retry(budget: &RetryBudget) -> bool {
    let reservation = budget.try_reserve();
    reservation.map(resilient::budget::Reservation::spend).is_some()
}

pub(crate) fn is_conflict(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Conflict { .. })
}

pub(crate) fn is_change(kind: &EventKind) -> bool {
    matches!(kind, EventKind::SettingsChanged(_))
}
