//! The boxed error in the signatures of this crate.

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
