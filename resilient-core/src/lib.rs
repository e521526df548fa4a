//! The runtime of `resilient`: circuit breakers, retries, and their registry.
//!
//! Use this crate through `resilient`, whose attributes write these calls into functions, or write
//! the calls by hand:
//!
//! ```
//! use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitOpen};
//! use resilient_core::retry::RetryPolicy;
//! use std::time::Duration;
//!
//! #[derive(Debug, PartialEq)]
//! enum FetchError { Timeout, Open(CircuitOpen) }
//! impl From<CircuitOpen> for FetchError {
//!     fn from(open: CircuitOpen) -> Self { Self::Open(open) }
//! }
//!
//! # let mut runtime = tokio::runtime::Builder::new_current_thread();
//! # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
//! let breaker = CircuitBreaker::new("inventory", BreakerConfig::default());
//! let policy = RetryPolicy::builder().base_delay(Duration::from_millis(50)).build()?;
//! let stock = policy
//!     .call()
//!     .through(&breaker)
//!     .run(async |attempt| {
//!         if attempt.number() < 3 { Err(FetchError::Timeout) } else { Ok(7) }
//!     })
//!     .await;
//! assert_eq!(stock, Ok(7));
//! # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(target_has_atomic = "64"))]
compile_error!(
    "`resilient` needs 64-bit atomics, which this target does not have: the state of a breaker is \
     one 64-bit word"
);

pub mod breaker;
mod call_site;
pub mod deadline;
#[cfg(test)]
#[path = "tests/debug_texts.rs"]
mod debug_texts;
pub mod event;
#[allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "not public API"
)]
mod expansion;
pub mod keyed;
#[cfg(feature = "metrics")]
mod metrics;
mod platform;
pub mod registry;
pub mod retry;
mod settings;
pub mod signal;
mod telemetry;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod time;

#[cfg(feature = "inventory")]
pub use call_site::{AnnotatedFunction, AnnotatedKind};
pub use resilient_settings::{IntoSetting, TextError, parse_duration, parse_share};

/// The functions and types that expanded attributes use. Not public API: they may change in every
/// version.
#[doc(hidden)]
pub mod __private {
    pub use crate::expansion::*;
}
