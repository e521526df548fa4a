//! R7's budgets by themselves, and what the rules of the registry mean to them.

mod bucket;
mod config;
mod conflicts;
mod names;
mod overrides;
mod sites;

use resilient::RetryBudget;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder};
use resilient::events::EventKind;

fn builder() -> BudgetConfigBuilder {
    BudgetConfig::builder()
}

#[track_caller]
fn config(settings: BudgetConfigBuilder) -> BudgetConfig {
    settings.build().expect("these settings are in range")
}

#[track_caller]
fn budget(settings: BudgetConfigBuilder) -> RetryBudget {
    RetryBudget::new("dependency", config(settings))
}

/// Whether the budget paid for a retry, which then started.
fn retry(budget: &RetryBudget) -> bool {
    let reservation = budget.try_reserve();
    reservation
        .map(resilient::budget::Reservation::spend)
        .is_some()
}

fn is_conflict(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Conflict { .. })
}

fn is_change(kind: &EventKind) -> bool {
    matches!(kind, EventKind::SettingsChanged)
}
