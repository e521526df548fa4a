//! Tests of the optional features.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "metrics")]
mod override_metrics;
#[cfg(feature = "metrics")]
mod retry_metrics;
#[cfg(feature = "serde")]
mod serde;
mod testing;
