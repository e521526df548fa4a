//! The settings of a client, and their defaults.

mod build;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, CircuitBreaker, RetryBudget, RetryPolicy};

use crate::auth::Auth;
use crate::client::ApiClient;
use crate::error::BuildError;
use crate::outcome::OutcomeRules;
use crate::redact::HeaderNames;
use crate::request::header_pair;
use crate::transport::Transport;

/// Longer than most APIs take, shorter than most people wait.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Room for three attempts at their longest.
const DEADLINE: Duration = Duration::from_secs(30);
/// A connection that takes longer is to a host that is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REDIRECTS: u32 = 5;
/// More than any sensible JSON, less than what hurts.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The settings of an [`ApiClient`](crate::ApiClient).
///
/// | setting | default | |
/// |---|---|---|
/// | [`timeout`](Self::timeout) | 10 s | for one attempt |
/// | [`deadline`](Self::deadline) | 30 s | for all attempts and the waits between them |
/// | [`connect_timeout`](Self::connect_timeout) | 5 s | for one connection |
/// | [`retry`](Self::retry) | 3 retries, exponential from 100 ms, full jitter | |
/// | [`budget`](Self::budget) | a retry for five successes, and a reserve of ten | for all calls of the client |
/// | [`circuit_breaker`](Self::circuit_breaker) | opens after 5 failures in a row, for 30 s | one for each origin |
/// | [`redirects`](Self::redirects) | 5 | within the origin only |
/// | [`body_limit`](Self::body_limit) | 16 MiB | of the decompressed body |
/// | [`retry_statuses`](Self::retry_statuses) | 408, 429, 500, 502, 503, 504 | |
/// | [`permanent_codes`](Self::permanent_codes) | none | |
/// | [`idempotency_header`](Self::idempotency_header) | `idempotency-key` | |
/// | [`auth`](Self::auth), [`header`](Self::header), [`name`](Self::name) | none | |
#[must_use]
pub struct ApiClientBuilder {
    base: String,
    name: Option<String>,
    headers: HeaderMap,
    auth: Auth,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    connect_timeout: Duration,
    redirects: u32,
    body_limit: usize,
    policy: RetryPolicy,
    budget: Budget,
    breaker: Breaker,
    rules: OutcomeRules,
    idempotency_header: String,
    allowed: Vec<String>,
    allows_plain_http: bool,
    transport: Option<Arc<dyn Transport>>,
    connections_of: Option<ApiClient>,
    #[cfg(feature = "reqwest")]
    configure: Option<Configure>,
    /// The first thing that is wrong.
    problem: Option<BuildError>,
}

#[cfg(feature = "reqwest")]
type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

enum Budget {
    Own(BudgetConfig),
    Given(RetryBudget),
    None,
}

enum Breaker {
    PerOrigin(BreakerConfig),
    Shared(CircuitBreaker),
    None,
}

impl ApiClientBuilder {
    pub(crate) fn new(base: String) -> Self {
        Self {
            base,
            name: None,
            headers: HeaderMap::new(),
            auth: Auth::none(),
            timeout: Some(TIMEOUT),
            deadline: Some(DEADLINE),
            connect_timeout: CONNECT_TIMEOUT,
            redirects: REDIRECTS,
            body_limit: BODY_LIMIT,
            policy: RetryPolicy::DEFAULT,
            budget: Budget::Own(BudgetConfig::default()),
            breaker: Breaker::PerOrigin(BreakerConfig::default()),
            rules: OutcomeRules::default(),
            idempotency_header: "idempotency-key".to_owned(),
            allowed: Vec::new(),
            allows_plain_http: false,
            transport: None,
            connections_of: None,
            #[cfg(feature = "reqwest")]
            configure: None,
            problem: None,
        }
    }

    /// A name, under which the circuit breakers and the budget are in the [`Registry`](resilient::Registry), for operators to see and steer.
    /// Clients of one name share them. At most 128 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A header for all requests to the base's origin.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.append(name, value);
            }
            Err(problem) => {
                self.problem.get_or_insert(problem);
            }
        }
        self
    }

    /// Headers for all requests to the base's origin, in the place of those given before.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// How the client shows who it is. A user and password in the base URL are the same as [`Auth::basic`].
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// The time for one attempt: connection, answer and all of its body. Longer than zero; `None` is none.
    pub fn timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.timeout = time.into();
        self
    }

    /// The time for a call, all attempts and waits included. Longer than zero; `None` is none.
    pub fn deadline(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.deadline = time.into();
        self
    }

    /// The time for a connection. Longer than zero. A transport of one's own has its own.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How many redirects within its origin an attempt follows; 0 is none. One to another origin is never followed.
    pub fn redirects(mut self, most: u32) -> Self {
        self.redirects = most;
        self
    }

    /// The most bytes of a body that are read, counted as they come out of decompression.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How failed attempts are tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The settings of the budget that pays for retries: see [`BudgetConfig`].
    pub fn budget(mut self, config: BudgetConfig) -> Self {
        self.budget = Budget::Own(config);
        self
    }

    /// A budget that is shared with others, perhaps with all that call the same servers.
    pub fn shared_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Budget::Given(budget);
        self
    }

    /// No budget: every retry that the policy grants is made.
    pub fn no_budget(mut self) -> Self {
        self.budget = Budget::None;
        self
    }

    /// No attempt but the first.
    pub fn no_retry(self) -> Self {
        let policy = RetryPolicy::builder().max_retries(0).build();
        // That no retry is a valid number of retries is a fact of the policy's rules, tested there.
        self.retry(policy.unwrap_or_default())
    }

    /// The settings of the circuit breakers, one for each origin.
    pub fn circuit_breaker(mut self, config: BreakerConfig) -> Self {
        self.breaker = Breaker::PerOrigin(config);
        self
    }

    /// One circuit breaker for all origins, perhaps shared with others.
    pub fn shared_circuit_breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.breaker = Breaker::Shared(breaker);
        self
    }

    /// No circuit breaker: every call is sent.
    pub fn no_circuit_breaker(mut self) -> Self {
        self.breaker = Breaker::None;
        self
    }

    /// The statuses that are tried again, where the call may be sent twice.
    pub fn retry_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.rules.retried = statuses.into_iter().map(|status| status.as_u16()).collect();
        self
    }

    /// Whether a 429 is a failure to the circuit breaker. It is not, unless this says so: a server that limits its callers is
    /// healthy.
    pub fn count_rate_limits(mut self, yes: bool) -> Self {
        self.rules.counts_rate_limits = yes;
        self
    }

    /// What errors say of themselves that no patience mends, such as `insufficient_quota`: an answer whose JSON has one of
    /// these as `code` or `type`, at its top or within `error`, is not tried again, whatever its status and headers.
    pub fn permanent_codes<S: Into<String>>(mut self, codes: impl IntoIterator<Item = S>) -> Self {
        self.rules.permanent = codes.into_iter().map(Into::into).collect();
        self
    }

    /// The header for idempotency keys.
    pub fn idempotency_header(mut self, name: impl Into<String>) -> Self {
        self.idempotency_header = name.into();
        self
    }

    /// Lets requests name addresses of another origin, such as `https://files.example.com`. They carry none of the client's
    /// headers and credentials.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed.push(origin.into());
        self
    }

    /// Lets credentials go over plain `http` to a host that is not this one. Everybody on the way can read them.
    pub fn allow_plain_http(mut self) -> Self {
        self.allows_plain_http = true;
        self
    }

    /// What sends the requests, instead of a reqwest client that is built for this one.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sends over the connections of another client, and of nothing else does it take a share. They end together: once that
    /// one is closed, calls of this one are [`Closed`](crate::ApiError::Closed), and it waits for those that run; to close
    /// this one does nothing to that one. Takes the place of a transport.
    pub fn connections_of(mut self, client: &ApiClient) -> Self {
        self.connections_of = Some(client.clone());
        self
    }

    /// Changes the reqwest client before it is built: proxies, certificates, DNS. Where the base is plain `http` on this
    /// machine, a proxy that the environment names is not used, unless it is given here. Redirects and retries of its own are
    /// turned off afterwards.
    #[cfg(feature = "reqwest")]
    pub fn configure(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.configure = Some(Box::new(configure));
        self
    }
}

impl fmt::Debug for ApiClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClientBuilder")
            .field("name", &self.name)
            .field("auth", &self.auth)
            .field("headers", &HeaderNames(&self.headers))
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
