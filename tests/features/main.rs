//! What each optional feature adds.

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "serde")]
mod serde;
mod testing;
