//! A budget for retries: what a dependency that fails may be asked beyond the demand.

mod bucket;
mod config;
mod counts;
mod handle;
mod reservation;
mod snapshot;

pub use self::config::{BudgetConfig, BudgetConfigBuilder};
pub use self::handle::RetryBudget;
pub use self::reservation::Reservation;
pub use self::snapshot::{BudgetCounts, BudgetSnapshot};
