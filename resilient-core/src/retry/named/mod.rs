//! Retries with a name: what all calls under one name share, and the handle of a named policy.

#[cfg(feature = "metrics")]
mod call_count;
#[cfg(not(feature = "metrics"))]
#[path = "call_count_off.rs"]
mod call_count;
mod cell;
mod counts;
mod handle;
mod last_failures;
mod named_policy;
mod overlay;
mod record;
mod snapshot;
mod start_flag;
#[cfg(feature = "metrics")]
mod totals;

pub(crate) use self::call_count::CallCount;
#[cfg(feature = "metrics")]
pub(crate) use self::call_count::unnamed_calls;
pub use self::cell::RetryCell;
pub use self::counts::{GiveUpCounts, RetryCounts};
pub use self::handle::NamedRetry;
pub use self::last_failures::RetryFailure;
pub use self::named_policy::NamedPolicy;
pub(crate) use self::overlay::{DeclaredLimits, RetryOverlay};
pub(crate) use self::record::{CallEnd, RetryRecord};
pub use self::snapshot::RetrySnapshot;
#[cfg(feature = "metrics")]
pub(crate) use self::totals::{RetryTotals, other_calls};
