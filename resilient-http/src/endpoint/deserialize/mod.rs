//! Endpoints as files declare them: durations, keys and kinds are text, and unknown keys are errors.

mod sections;
mod words;

#[cfg(feature = "toml")]
pub(super) use self::sections::Document;
pub use self::sections::EndpointConfigs;
