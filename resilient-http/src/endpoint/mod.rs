//! Endpoints of a provider's API, declared as data and called as values.

mod auth_kind;
mod call_options;
mod config;
mod config_builder;
mod config_check;
mod content;
#[cfg(feature = "serde")]
mod deserialize;
mod endpoint_builder;
#[cfg(feature = "toml")]
mod endpoints_error;
mod event_format;
mod fields;
#[cfg(feature = "toml")]
mod from_toml;
mod handle;
mod preset;
mod settings;
mod streaming;
mod tables;

pub use self::auth_kind::AuthKind;
#[cfg(feature = "cache")]
pub use self::call_options::Caching;
pub use self::call_options::CallOptions;
pub use self::config::EndpointConfig;
pub use self::config_builder::EndpointConfigBuilder;
#[cfg(feature = "serde")]
pub use self::deserialize::EndpointConfigs;
pub use self::endpoint_builder::EndpointBuilder;
#[cfg(feature = "toml")]
pub use self::endpoints_error::EndpointsError;
pub use self::handle::Endpoint;
pub use self::preset::Preset;
