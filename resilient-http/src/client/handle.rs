//! The client, a handle for all calls to one API.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use resilient::breaker::KeyedBreakers;
use resilient::registry::Lease;
use resilient::retries::NamedRetry;
use resilient::{CircuitBreaker, RetryBudget, RetryPolicy};
use url::Url;

use super::client_name::ClientName;
use super::context_headers::ContextHeaders;
use super::credentials::Credentials;
use super::idle_connections::{DropIdleOnOpening, ListenedBreakers};
use super::shutdown::{CallGate, StillRunning};
use crate::address::BaseUrl;
use crate::error::OutcomeRules;
use crate::hold_back::{ClientHolds, OriginHold};
use crate::response::FailWhen;

/// A client for one HTTP API, with retries, time limits and circuit breakers.
///
/// It is cheap to clone. Clones share connections and circuit breakers, and closing one clone
/// closes all clones. See the [crate documentation](crate).
/// [`ApiClientBuilder`](crate::ApiClientBuilder) lists the settings.
///
/// ```no_run
/// # #[derive(serde::Deserialize)] struct User { name: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
    /// Declared first, because it is dropped before the breakers.
    #[expect(dead_code, reason = "it only acts when it is dropped")]
    pub(super) idle_connections: DropIdleOnOpening,
    pub(crate) base: BaseUrl,
    pub(crate) headers: HeaderMap,
    pub(crate) credentials: Credentials,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) allows_plain_http: bool,
    pub(crate) speaks_tls: bool,
    pub(crate) redirects: u32,
    pub(crate) body_limit: usize,
    pub(crate) error_body_timeout: Duration,
    pub(super) retry: Lease<NamedRetry>,
    pub(crate) budget: Option<ClientBudget>,
    pub(crate) breakers: ClientBreakers,
    /// `None` if the client ignores rate limits.
    pub(crate) holds: Option<ClientHolds>,
    /// Whether calls fail while the server holds them back.
    pub(crate) fails_if_held: bool,
    pub(crate) rules: Arc<OutcomeRules>,
    pub(crate) fail_when: Option<FailWhen>,
    pub(crate) idempotency_header: HeaderName,
    pub(crate) context_headers: ContextHeaders,
    pub(crate) gate: Arc<CallGate>,
    /// Declared last, because it is dropped after what is leased under the name.
    pub(super) name: ClientName,
}

// Requests go only to the origin of the base URL and to the allowed origins, so the number of
// breakers is bounded.
pub(crate) enum ClientBreakers {
    /// One breaker per origin, registered under the name of the client.
    PerOrigin(Lease<KeyedBreakers<String>>),
    /// One breaker for all origins.
    Shared(CircuitBreaker),
}

impl ClientBreakers {
    /// Returns the breaker of an origin.
    fn of(&self, origin: &str) -> CircuitBreaker {
        match self {
            Self::PerOrigin(breakers) => breakers.get(origin),
            Self::Shared(breaker) => breaker.clone(),
        }
    }

    pub(super) fn listened(&self) -> ListenedBreakers {
        match self {
            Self::PerOrigin(breakers) => ListenedBreakers::Keyed(KeyedBreakers::clone(breakers)),
            Self::Shared(breaker) => ListenedBreakers::Single(breaker.clone()),
        }
    }
}

impl ClientInner {
    /// Returns the breaker of the origin of `url`.
    pub(crate) fn breaker_of(&self, url: &Url) -> CircuitBreaker {
        self.breakers.of(&self.base.origin_of(url))
    }

    /// Returns the hold of the origin of `url`, unless the client ignores rate limits.
    pub(crate) fn hold_of(&self, url: &Url) -> Option<Arc<OriginHold>> {
        let holds = self.holds.as_ref()?;
        if self.base.is_own(url) {
            return Some(Arc::clone(holds.own()));
        }
        Some(holds.of(&self.base.origin_of(url)))
    }

    /// Returns the retry of a call. Calls with another policy have the same name.
    pub(crate) fn retry_of(&self, policy: Option<&RetryPolicy>) -> NamedRetry {
        match policy {
            Some(policy) => self.retry.with_policy(policy.clone()),
            None => NamedRetry::clone(&self.retry),
        }
    }
}

pub(crate) enum ClientBudget {
    /// The budget is registered under the name of the client.
    Own(Lease<RetryBudget>),
    /// The client does not register the budget.
    Shared(RetryBudget),
}

impl ClientBudget {
    pub(crate) fn get(&self) -> &RetryBudget {
        match self {
            Self::Own(budget) => budget,
            Self::Shared(budget) => budget,
        }
    }
}

impl ApiClient {
    pub(crate) fn new(inner: ClientInner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn inner(&self) -> &ClientInner {
        &self.inner
    }

    /// Returns the name under which the client's circuit breakers, budget and retry are registered:
    /// the [given name](crate::ApiClientBuilder::name), or the origin of the base URL.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name.as_str()
    }

    /// Returns the circuit breaker of the origin of the base URL. Use it to inspect the circuit, or
    /// to open and close it.
    #[must_use]
    pub fn circuit_breaker(&self) -> CircuitBreaker {
        self.inner.breaker_of(self.inner.base.url())
    }

    /// Returns the time for which the origin of the base URL still wants no requests, or `None` if
    /// it accepts requests. The server named this time with a 429 or a 503: see
    /// [`OnRateLimit`](crate::OnRateLimit).
    #[must_use]
    pub fn held_back(&self) -> Option<Duration> {
        self.inner.holds.as_ref()?.own().held_for()
    }

    /// Closes the client and all its clones. New calls fail with
    /// [`ApiError::Closed`](crate::ApiError::Closed). Running attempts continue. A call that waits
    /// for its next attempt ends at once with the error of its last attempt, or with
    /// [`ApiError::Closed`](crate::ApiError::Closed) if it has sent nothing. Idle connections are
    /// closed. Closing twice has no further effect.
    ///
    /// If you passed in a `reqwest::Client`, this client drops it and does not close it.
    pub fn close(&self) {
        self.inner.gate.close();
    }

    /// Closes the client and waits until no call is in flight, but at most for the time `most`. In
    /// a runtime without timers, it does not wait.
    ///
    /// # Cancel safety
    ///
    /// The client is closed at the first poll, even if the future is dropped later.
    ///
    /// # Errors
    ///
    /// Returns [`StillRunning`] if calls are still in flight after the wait. These calls continue.
    pub async fn shutdown(&self, most: Duration) -> Result<(), StillRunning> {
        self.close();
        match self.inner.gate.drained(most).await {
            0 => Ok(()),
            calls => Err(StillRunning { calls }),
        }
    }

    /// Returns whether the client is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.gate.is_closed()
    }

    /// Returns the number of calls in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.inner.gate.in_flight()
    }
}

/// Shows the base URL, and neither headers nor credentials.
impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient")
            .field("name", &self.name())
            .field("base", &self.inner.base.url().as_str())
            .field("is_closed", &self.is_closed())
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}
