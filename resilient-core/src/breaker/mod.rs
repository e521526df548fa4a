//! Circuit breakers: they stop calls to a dependency that is down, and notice when it is back.
//!
#![doc = include_str!("breaker.md")]

mod by_hand;
mod call_timer;
mod circuit_wait;
mod config;
mod handle;
mod machine;
mod owned_permit;
mod owned_permit_future;
mod permit;
mod permit_future;
pub(crate) mod shared;
#[cfg(any(loom, shuttle))]
mod waiting_call;
mod window;

#[cfg(feature = "tokio")]
pub(crate) use self::call_timer::CallTimer;
pub(crate) use self::call_timer::TimedHere;
pub(crate) use self::circuit_wait::{AdmitsIn, CircuitWait};
#[cfg(feature = "serde")]
pub(crate) use self::config::BreakerSettings;
pub use self::config::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, Window};
pub use self::handle::CircuitBreaker;
pub use self::owned_permit::OwnedPermit;
pub use self::owned_permit_future::OwnedPermitFuture;
pub(crate) use self::permit::DisplayOf;
pub use self::permit::Permit;
pub use self::permit_future::PermitFuture;
#[cfg(feature = "tokio")]
pub(crate) use self::shared::EnteredCall;
#[cfg(any(loom, shuttle))]
pub use self::shared::{HandOver, own_stripe};
#[cfg(any(loom, shuttle))]
pub use self::waiting_call::WaitingCall;
pub use crate::signal::{
    BreakerSnapshot, CallCounts, CircuitOpen, CircuitState, Condition, FailureRecord,
    FromCircuitOpen, ManualChange, Opening, OperatorMode, OperatorNote, RejectedOutput,
    RejectionCounts, TimeInState, Transition, TransitionCounts, TransitionError, TransitionReason,
    WindowCounts,
};
