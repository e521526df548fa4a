//! Endpoints as files declare them. Unknown keys are errors.

mod sections;
mod words;

#[cfg(feature = "toml")]
pub(super) use self::sections::Document;
pub use self::sections::EndpointConfigs;
