//! What the code that the attributes write calls. No public API: it changes with every version.

mod argument;
mod call;
mod class;
mod fallback;
mod given_limit;
mod judge;
mod key;
mod retry;

pub use self::argument::*;
pub use self::call::*;
pub use self::class::*;
pub use self::fallback::{
    Answer, AtOnce, Later, Replaced, Spare, fallback, fallback_async, fallback_by, fallback_value,
    not_replaced, unless_failed,
};
pub use self::given_limit::GivenLimit;
pub use self::judge::*;
pub use self::key::*;
pub use self::retry::*;
pub use crate::breaker::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, CircuitBreaker};
#[cfg(feature = "inventory")]
pub use crate::call_site::Annotated;
pub use crate::call_site::{BudgetSite, GivenBudget, given_budget};
pub use crate::call_site::{Declaration, KeyedSite, Site};
pub use crate::retry::{
    Attempt, AttemptEnd, Backoff, CallOptions, Entered, GiveUpEvent, Jitter, Kept, Last,
    NestedMode, Record, Recorded, RetryDriver, RetryEvent, RetryPolicy, RetrySettings, StopReason,
    TimeLimit, TimedOut, TimedOutOutput, WhenOpen,
};
/// What models see of the inside.
#[cfg(any(loom, shuttle))]
pub use crate::{
    breaker::{HandOver, own_slot},
    seeded::{Bug, with_bug},
};
#[cfg(feature = "inventory")]
pub use inventory;

/// Lists nothing. The attribute's feature can be on where this one is off: it is built for the host, once for all.
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
