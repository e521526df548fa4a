//! Overrides by operators. They change settings and modes by name, and win over the code.

mod breaker_override;
mod budget_override;
mod override_check;
mod override_error;
mod override_index;
mod override_report;
mod override_set;
mod retry_override;

pub use self::breaker_override::BreakerOverride;
pub use self::budget_override::BudgetOverride;
pub use self::override_error::OverrideError;
pub(super) use self::override_index::OverrideIndex;
pub use self::override_report::OverrideReport;
pub use self::override_set::Overrides;
pub use self::retry_override::RetryOverride;
