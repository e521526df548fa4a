//! The client: handle, settings, credentials and shutdown.

mod api_key;
mod auth;
mod build;
mod builder;
mod client_name;
mod handle;
mod idle_connections;
mod shutdown;

pub use self::api_key::ApiKey;
pub use self::auth::Auth;
pub use self::builder::ApiClientBuilder;
pub use self::handle::ApiClient;
pub(crate) use self::shutdown::CallGuard;
pub use self::shutdown::StillRunning;
