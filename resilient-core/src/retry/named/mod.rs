//! Retries with a name: what all calls under one name share, and the handle of a named policy.

mod cell;
mod counts;
mod failure;
mod handle;
mod named_policy;
mod overlay;
mod record;
#[cfg(feature = "serde")]
mod serialize;
mod snapshot;
mod start_flag;

pub use self::cell::RetryCell;
pub use self::counts::{GiveUpCounts, RetryCounts};
pub use self::failure::RetryFailure;
pub use self::handle::NamedRetry;
pub use self::named_policy::NamedPolicy;
pub(crate) use self::overlay::{DeclaredLimits, RetryOverlay};
pub(crate) use self::record::{CallEnd, RetryRecord};
pub use self::snapshot::RetrySnapshot;
