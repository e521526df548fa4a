//! The client: one handle for all calls to one API.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, Method};
use resilient::{CircuitBreaker, RetryBudget, RetryPolicy};

use crate::address::Base;
use crate::api_request::ApiRequest;
use crate::auth::Credentials;
use crate::breakers::Breakers;
use crate::builder::ApiClientBuilder;
use crate::closing::{Gate, StillRunning};
use crate::error::BuildError;
use crate::outcome::OutcomeRules;
use crate::request::{RawRequest, RequestBuilder};

/// A client for one API over HTTP, whose calls are tried again, limited in time, and cut off by a circuit breaker when the
/// API is down.
///
/// A cheap handle: clones share connections, circuit breakers and the end of it all. See the [crate](crate) for what it
/// does, and [`ApiClientBuilder`] for its settings.
///
/// ```no_run
/// # #[derive(serde::Deserialize)] struct User { name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use resilient_http::ApiClient;
///
/// let api = ApiClient::builder("https://api.example.com/v1").build()?;
/// let user: User = api.get("users/{id}").param("id", 42).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ApiClient {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) base: Base,
    pub(crate) headers: HeaderMap,
    pub(crate) credentials: Credentials,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) allows_plain_http: bool,
    pub(crate) redirects: u32,
    pub(crate) body_limit: usize,
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: Option<RetryBudget>,
    pub(crate) breakers: Breakers,
    pub(crate) rules: Arc<OutcomeRules>,
    pub(crate) idempotency_header: HeaderName,
    pub(crate) gate: Arc<Gate>,
}

impl ApiClient {
    /// Settings to change, for an API below `base`.
    pub fn builder(base: impl Into<String>) -> ApiClientBuilder {
        ApiClientBuilder::new(base.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    pub(crate) fn base(&self) -> &Base {
        &self.inner.base
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// A `GET`. The path is a template below the base: see [`PathTemplate`](crate::PathTemplate).
    pub fn get<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::GET, path.as_ref())
    }

    /// A `POST`. It is not sent twice unless it was certainly not acted upon, or has a
    /// [key](RequestBuilder::idempotency_key).
    pub fn post<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::POST, path.as_ref())
    }

    /// A `PUT`.
    pub fn put<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::PUT, path.as_ref())
    }

    /// A `PATCH`. As a `POST`, it is not sent twice.
    pub fn patch<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::PATCH, path.as_ref())
    }

    /// A `DELETE`.
    pub fn delete<T>(&self, path: impl AsRef<str>) -> RequestBuilder<T> {
        self.start(Method::DELETE, path.as_ref())
    }

    /// A `HEAD`.
    pub fn head(&self, path: impl AsRef<str>) -> RawRequest {
        self.start(Method::HEAD, path.as_ref())
    }

    /// A request of any method, awaited as the [`Response`](crate::Response) as it came, or as what
    /// [`decode`](RequestBuilder::decode) says.
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> RawRequest {
        self.start(method, path.as_ref())
    }

    fn start<T>(&self, method: Method, path: &str) -> RequestBuilder<T> {
        RequestBuilder::new(self.clone(), method, path)
    }

    /// A request that is data. It is only read.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if it is none: an unknown method, `json` and `data` together, a query of objects.
    pub fn call<T>(&self, request: &ApiRequest) -> Result<RequestBuilder<T>, BuildError> {
        request.builder(self)
    }

    /// The circuit breaker of the base's origin: to look at, and to steer.
    #[must_use]
    pub fn circuit_breaker(&self) -> CircuitBreaker {
        self.inner.breakers.of(self.inner.base.url())
    }

    /// Ends the client and all its clones: new calls are [`ApiError::Closed`](crate::ApiError::Closed), and idle connections
    /// are closed. Calls that run go on to their end, attempts to come included. To close it twice is to close it once.
    ///
    /// A `reqwest::Client` that was given to it is let go of, not closed.
    pub fn close(&self) {
        self.inner.gate.close();
    }

    /// Closes it and waits until no call runs, `most` at the longest; not at all in a runtime without timers.
    ///
    /// # Cancel safety
    ///
    /// Once polled, it is closed, also if the wait is dropped.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] if calls are still running then. They go on.
    pub async fn shutdown(&self, most: Duration) -> Result<(), StillRunning> {
        self.close();
        match self.inner.gate.drained(most).await {
            0 => Ok(()),
            calls => Err(StillRunning { calls }),
        }
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.gate.is_closed()
    }

    /// How many calls are running.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.inner.gate.inside()
    }
}

/// Shows where it goes, and nothing that it takes along.
impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient")
            .field("base", &self.inner.base.url().as_str())
            .field("is_closed", &self.is_closed())
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}
