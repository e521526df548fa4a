//! Retry budgets. They cap the retries to one dependency during an outage.

mod bucket;
mod config;
mod counts;
mod handle;
mod reservation;
mod shared_budget;
mod snapshot;

pub(crate) use self::config::LiveBudgetSettings;
pub use self::config::{BudgetConfig, BudgetConfigBuilder};
pub use self::handle::RetryBudget;
pub use self::reservation::Reservation;
pub use self::snapshot::{BudgetCounts, BudgetSnapshot};
