#![doc = include_str!("../README.md")]

mod address;
mod api_request;
mod auth;
mod body;
mod breakers;
mod builder;
#[cfg(feature = "cache")]
mod cache;
mod call;
mod client;
mod closing;
mod endpoint;
mod error;
mod exchange;
mod idempotency;
mod outcome;
mod rate_limit;
mod redact;
mod request;
mod response;
mod retry_after;
mod telemetry;
mod template;
mod transport;

pub use self::api_request::ApiRequest;
pub use self::auth::{ApiKey, Auth};
pub use self::body::{Body, RequestBody};
pub use self::builder::ApiClientBuilder;
#[cfg(feature = "cache")]
pub use self::cache::{CacheConfig, CacheCounts, ResponseCache};
pub use self::client::ApiClient;
pub use self::closing::StillRunning;
#[cfg(feature = "cache")]
pub use self::endpoint::Caching;
#[cfg(feature = "serde")]
pub use self::endpoint::EndpointConfigs;
#[cfg(feature = "toml")]
pub use self::endpoint::EndpointsError;
pub use self::endpoint::{
    AuthKind, CallOptions, Endpoint, EndpointBuilder, EndpointConfig, EndpointConfigBuilder, Preset,
};
pub use self::error::{
    ApiError, BuildError, BuildErrorKind, DecodeError, ErrorKind, Phase, RetriesDisabled,
    TimeoutPhase,
};
pub use self::idempotency::{Idempotency, IdempotencyKey};
pub use self::rate_limit::RateLimit;
pub use self::request::{PreparedRequest, RawRequest, RequestBuilder};
pub use self::response::{FromResponse, Rejected, Reply, Response, Served};
pub use self::retry_after::retry_after;
pub use self::template::PathTemplate;
#[cfg(feature = "test-util")]
pub use self::transport::MockTransport;
#[cfg(feature = "reqwest")]
pub use self::transport::ReqwestTransport;
pub use self::transport::{Exchange, ResponseBody, Transport, TransportError};
// What the signatures here name, for those who have no such dependency of their own.
pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use resilient::budget::BudgetConfig;
pub use resilient::retries::Jitter;
pub use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, RetryBudget, RetryPolicy,
};
pub use secrecy::SecretString;

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// For those who declare endpoints.
pub mod guide {
    #[cfg_attr(
        all(feature = "cache", feature = "test-util", feature = "toml"),
        doc = include_str!("../docs/endpoints.md")
    )]
    #[cfg_attr(
        not(all(feature = "cache", feature = "test-util", feature = "toml")),
        doc = "How endpoints are declared: in the documentation with all features, and in `docs/endpoints.md`."
    )]
    pub mod endpoints {}
}
