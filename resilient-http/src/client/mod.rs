//! The client: handle, settings, credentials and shutdown.

mod api_key;
mod auth;
mod build;
mod builder;
mod client_name;
mod context_headers;
mod credentials;
mod credentials_error;
mod defaults;
mod handle;
mod idle_connections;
mod layers;
mod refresh_flight;
mod refreshed_token;
mod secret_header;
mod shutdown;
mod token_refresh;

pub use self::api_key::ApiKey;
pub use self::auth::Auth;
pub use self::builder::ApiClientBuilder;
pub use self::defaults::{default_budget, default_circuit_breaker};
pub use self::handle::ApiClient;
pub(crate) use self::refreshed_token::RefreshedToken;
pub use self::shutdown::StillRunning;
pub(crate) use self::shutdown::{CallGuard, ClientClosed};
