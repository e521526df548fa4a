//! Circuit breakers: they stop calls to a dependency that is down, and notice when it is back.
//!
#![doc = include_str!("breaker.md")]

mod config;
mod handle;
mod machine;
mod permit;
mod permit_future;
pub(crate) mod shared;
mod window;

#[cfg(feature = "serde")]
pub(crate) use self::config::BreakerSettings;
pub use self::config::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, Window};
pub use self::handle::CircuitBreaker;
pub use self::permit::Permit;
pub use self::permit_future::PermitFuture;
#[cfg(feature = "tokio")]
pub(crate) use self::shared::EnteredCall;
#[cfg(any(loom, shuttle))]
pub use self::shared::{HandOver, own_stripe};
pub use crate::signal::{
    BreakerSnapshot, CallCounts, CircuitOpen, CircuitState, FromCircuitOpen, OperatorMode,
    RejectedOutput, TimeInState, Transition, TransitionCounts, TransitionError, TransitionReason,
    WindowCounts,
};
