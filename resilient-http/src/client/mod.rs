//! The client: its handle, its settings, its credentials, and how it ends.

mod api_key;
mod auth;
mod breakers;
mod build;
mod builder;
mod handle;
mod shutdown;

pub use self::api_key::ApiKey;
pub use self::auth::Auth;
pub use self::builder::ApiClientBuilder;
pub use self::handle::ApiClient;
pub(crate) use self::shutdown::CallGuard;
pub use self::shutdown::StillRunning;
