//! The boxed error that the signatures of this crate name.

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
