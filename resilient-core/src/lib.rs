//! The runtime of `resilient`: circuit breakers, retries, and the registry that holds them.
//!
//! Use it through the facade, whose attributes write these calls into functions; or by hand:
//!
//! ```
//! use resilient_core::{BreakerConfig, CircuitBreaker, CircuitOpen, RetryPolicy};
//! use std::time::Duration;
//!
//! #[derive(Debug, PartialEq)]
//! enum FetchError { Timeout, Open(CircuitOpen) }
//! impl From<CircuitOpen> for FetchError {
//!     fn from(open: CircuitOpen) -> Self { Self::Open(open) }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let breaker = CircuitBreaker::new("inventory", BreakerConfig::default());
//! let policy = RetryPolicy::builder().base_delay(Duration::from_millis(50)).build()?;
//! let stock = policy
//!     .run_through(&breaker, async |attempt| {
//!         if attempt.number() < 3 { Err(FetchError::Timeout) } else { Ok(7) }
//!     })
//!     .await;
//! assert_eq!(stock, Ok(7));
//! # Ok::<(), resilient_core::ConfigError>(()) }).unwrap();
//! ```

#[cfg(not(target_has_atomic = "64"))]
compile_error!(
    "`resilient` needs 64-bit atomics, which this target does not have: the state of a breaker is one 64-bit word"
);

pub mod breaker;
mod call_site;
mod event;
#[allow(missing_docs, clippy::must_use_candidate, reason = "no public API")]
mod keyed;
#[cfg(feature = "metrics")]
mod metrics;
mod platform;
mod registry;
pub mod retry;
mod signal;
mod telemetry;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod time;

#[doc(hidden)]
#[allow(missing_docs, clippy::must_use_candidate, reason = "no public API")]
#[path = "expansion/mod.rs"]
pub mod __private;

pub use breaker::{
    AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, BreakerSnapshot, CallCounts,
    CircuitBreaker, CircuitOpen, CircuitState, FromCircuitOpen, OperatorMode, Permit,
    RejectedOutput, TimeInState, Transition, TransitionCounts, TransitionError, TransitionReason,
    Window, WindowCounts,
};
#[cfg(feature = "inventory")]
pub use call_site::AnnotatedFunction;
pub use event::{Event, EventKind, EventSource, ListenerId, Subscription};
pub use keyed::{BreakerKey, KeyedBreakers};
#[cfg(feature = "toml")]
pub use registry::LoadError;
pub use registry::{
    BreakerOverride, BudgetOverride, NameTakenError, OverrideError, OverrideReport, Overrides,
    Registry, Selection,
};
#[cfg(feature = "tokio")]
pub use retry::RetryCall;
pub use retry::{
    Attempt, Backoff, BudgetConfig, BudgetConfigBuilder, BudgetCounts, BudgetSnapshot, Delays,
    FailedAttempt, FromTimedOut, GiveUpEvent, Jitter, NestedMode, NominalDelays, Reservation,
    RetryBudget, RetryDriver, RetryError, RetryEvent, RetryPolicy, RetryPolicyBuilder, StopReason,
    TimeLimit, TimedOut, TimedOutOutput, WhenOpen, WorstCase,
};
pub use signal::ConfigError;
pub use signal::{Classification, Classify, Fallible, Outcome};
pub use time::Clock;
#[cfg(feature = "coarse-clock")]
pub use time::CoarseClock;
#[cfg(feature = "test-util")]
pub use time::ManualClock;
