//! The client: one handle for all calls to one API.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use resilient::{CircuitBreaker, RetryBudget, RetryPolicy};

use super::auth::Credentials;
use super::breakers::ClientBreakers;
use super::shutdown::{CallGate, StillRunning};
use crate::address::BaseUrl;
use crate::error::OutcomeRules;

/// A client for one API over HTTP, whose calls are tried again, limited in time, and cut off by a circuit breaker when the
/// API is down.
///
/// A cheap handle: clones share connections, circuit breakers and the end of it all. See the [crate](crate) for what it
/// does, and [`ApiClientBuilder`](crate::ApiClientBuilder) for its settings.
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
    inner: Arc<ClientInner>,
}

pub(crate) struct ClientInner {
    pub(crate) base: BaseUrl,
    pub(crate) headers: HeaderMap,
    pub(crate) credentials: Credentials,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) allows_plain_http: bool,
    pub(crate) redirects: u32,
    pub(crate) body_limit: usize,
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: Option<RetryBudget>,
    pub(crate) breakers: ClientBreakers,
    pub(crate) rules: Arc<OutcomeRules>,
    pub(crate) idempotency_header: HeaderName,
    pub(crate) gate: Arc<CallGate>,
}

impl ApiClient {
    pub(crate) fn new(inner: ClientInner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn inner(&self) -> &ClientInner {
        &self.inner
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.inner.base
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.inner.headers
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
        self.inner.gate.in_flight()
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
