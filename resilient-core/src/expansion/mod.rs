//! The functions and types that expanded attributes use. Not public API: they may change in every
//! version.
//!
//! An expansion names this module `__r` and contains only simple calls. Longer code belongs here,
//! where it has types, tests and documentation.

mod argument;
mod call;
mod class;
mod describe;
mod durations;
mod fallback;
mod given_limit;
mod judge;
mod key;
mod pause;
mod retry;
#[cfg(not(feature = "tokio"))]
mod without_tokio;

pub use self::argument::*;
pub use self::call::*;
pub use self::class::*;
pub use self::describe::*;
pub use self::durations::{millis, secs};
pub use self::fallback::{
    Answer, AtOnce, Later, Replaced, Spare, SpareWhole, fallback, fallback_async, fallback_by,
    fallback_value, not_replaced, unless_failed,
};
pub use self::given_limit::{GivenLimit, NO_LIMIT};
pub use self::judge::*;
pub use self::key::*;
pub use self::pause::*;
pub use self::retry::*;
#[cfg(not(feature = "tokio"))]
pub use self::without_tokio::{MissingFeature, Timer, WithTimer};
pub use crate::breaker::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, CircuitBreaker};
/// Internals that the models of loom and shuttle use.
#[cfg(any(loom, shuttle))]
pub use crate::breaker::{HandOver, WaitingCall, own_stripe};
#[cfg(feature = "inventory")]
pub use crate::call_site::Annotated;
pub use crate::call_site::{BudgetCallSite, GivenBudget, given_budget};
pub use crate::call_site::{CallSite, Declaration, KeyedCallSite};
pub use crate::call_site::{GivenPolicy, OwnedPolicy, RetrySite, given_policy};
pub use crate::deadline::{CutCause, CutShort};
#[cfg(any(loom, shuttle))]
pub use crate::retry::RetryCell;
pub use crate::retry::{
    Attempt, AttemptEnd, AttemptLog, Backoff, CallOptions, ErrorLog, GiveUpEvent, Jitter,
    LastOutput, LoggedOutput, Marked, NamedPolicy, NestedMode, RetryDriver, RetryEvent,
    RetryPolicy, RetrySettings, ShownOutput, StopReason, WhenOpen,
};
/// The standard names that expanded code uses. Paths through this module work under
/// `no_implicit_prelude`.
pub use core::{
    clone::Clone,
    default::Default,
    matches,
    option::Option::{self, None, Some},
    pin::Pin,
    result::Result::{Err, Ok},
    time::Duration,
};
#[cfg(feature = "inventory")]
pub use inventory;

/// Stands in for the crate `inventory`, and lists nothing. Expansions may submit functions although
/// this crate lacks the feature `inventory`: Cargo builds the macro crate once, for the host, so
/// the macro crate may have the feature.
#[cfg(not(feature = "inventory"))]
pub mod inventory {
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __resilient_submit {
        ($($listed:tt)*) => {};
    }
    pub use crate::__resilient_submit as submit;
}
#[cfg(loom)]
pub use crate::platform::in_order;
