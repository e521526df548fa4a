#![doc = include_str!("links.md")]
// The code of the page is copied from a tested file, so rustdoc does not test it again.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
#[cfg(feature = "cache")]
mod cache;
mod call;
mod client;
mod endpoint;
mod error;
mod hold_back;
#[cfg(feature = "tracing")]
mod log_target;
mod pages;
mod redact;
mod request;
mod response;
mod setters;
mod stream;
mod time_limit;
mod transport;

pub use self::address::PathTemplate;
#[cfg(feature = "cache")]
pub use self::cache::{CacheConfig, CacheCounts, ResponseCache};
pub use self::call::{ApiRequest, RawRequest, RequestBuilder};
pub use self::client::{
    ApiClient, ApiClientBuilder, ApiKey, Auth, StillRunning, default_budget,
    default_circuit_breaker,
};
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
    ApiError, BoxError, BuildError, BuildErrorKind, ErrorKind, Phase, RetriesDisabled,
    TimeoutPhase, TransportError,
};
pub use self::hold_back::OnRateLimit;
pub use self::pages::{Items, NextPage, Pages};
pub use self::request::{
    Body, FormPart, Idempotency, IdempotencyKey, MultipartForm, PreparedRequest, RequestBody,
};
pub use self::response::{DecodeError, FromResponse, RateLimit, Rejected, Reply, Response, Served};
pub use self::stream::{EventStream, SseEvent, StreamedResponse};
#[cfg(feature = "test-util")]
pub use self::transport::MockTransport;
#[cfg(feature = "reqwest")]
pub use self::transport::ReqwestTransport;
pub use self::transport::{Exchange, ResponseBody, Transport, TransportRequest};
#[cfg(feature = "tower")]
pub use self::transport::{TowerTransport, TransportService};
// These types of other crates appear in the signatures of this crate.
pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use resilient::budget::BudgetConfig;
pub use resilient::retries::Jitter;
pub use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, RetryBudget, RetryPolicy,
};
pub use resilient_classify::retry_after;
pub use secrecy::SecretString;

/// Guides.
pub mod guide {
    #[allow(
        clippy::wildcard_imports,
        unused_imports,
        reason = "the pages have links to items of the crate"
    )]
    use crate::*;

    #[cfg_attr(not(doctest), doc = include_str!("links.md"))]
    #[cfg_attr(not(doctest), doc = include_str!("../docs/requests.md"))]
    pub mod requests {}

    #[cfg_attr(not(doctest), doc = include_str!("links.md"))]
    #[cfg_attr(not(doctest), doc = include_str!("../docs/outcomes.md"))]
    pub mod outcomes {}

    #[cfg_attr(
        all(feature = "cache", feature = "test-util", feature = "toml"),
        doc = include_str!("../docs/endpoints.md")
    )]
    #[cfg_attr(
        not(all(feature = "cache", feature = "test-util", feature = "toml")),
        doc = "How endpoints are declared: see `docs/endpoints.md`."
    )]
    pub mod endpoints {}
}
