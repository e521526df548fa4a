//! A declared endpoint of a provider's API, as a value that is called.

mod auth_kind;
mod build;
mod call;
mod config;
mod content;
#[cfg(feature = "serde")]
mod deserialize;
#[cfg(feature = "toml")]
mod document;
mod fields;
mod options;
mod preset;
mod settings;

pub use self::auth_kind::AuthKind;
pub use self::build::EndpointBuilder;
pub use self::call::Endpoint;
pub use self::config::{EndpointConfig, EndpointConfigBuilder};
#[cfg(feature = "serde")]
pub use self::deserialize::EndpointConfigs;
#[cfg(feature = "toml")]
pub use self::document::EndpointsError;
#[cfg(feature = "cache")]
pub use self::options::Caching;
pub use self::options::CallOptions;
pub use self::preset::Preset;
