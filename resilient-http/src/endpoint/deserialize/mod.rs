//! Reads endpoints as files declare them. Unknown keys are errors.

mod document;
mod json_value;
mod tables;
pub(super) mod words;

#[cfg(feature = "toml")]
pub(super) use self::document::Document;
pub use self::document::EndpointConfigs;
pub(super) use self::tables::cache;
