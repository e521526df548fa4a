//! Circuit breakers: they stop calls to a dependency that is down, and notice when it is back.
//!
#![doc = include_str!("breaker.md")]

mod by_hand;
mod config;
mod handle;
mod machine;
mod owned_permit;
mod permit;
mod permit_future;
pub(crate) mod shared;
mod window;

#[cfg(feature = "serde")]
pub(crate) use self::config::BreakerSettings;
pub use self::config::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, Window};
pub use self::handle::CircuitBreaker;
pub use self::owned_permit::OwnedPermit;
pub use self::permit::Permit;
pub use self::permit_future::PermitFuture;
#[cfg(feature = "tokio")]
pub(crate) use self::shared::EnteredCall;
#[cfg(any(loom, shuttle))]
pub use self::shared::{HandOver, own_stripe};
pub use crate::signal::{
    BreakerSnapshot, CallCounts, CircuitOpen, CircuitState, FromCircuitOpen, ManualChange,
    OperatorMode, OperatorNote, RejectedOutput, TimeInState, Transition, TransitionCounts,
    TransitionError, TransitionReason, WindowCounts,
};
