//! The settings of a client: defaults, checks, and how it is put together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use resilient::{
    BreakerConfig, BudgetConfig, CircuitBreaker, KeyedBreakers, Registry, RetryBudget, RetryPolicy,
};

use crate::address::{Base, UserInfo};
use crate::auth::{ApiKey, Auth, header_name};
use crate::breakers::Breakers;
use crate::client::{ApiClient, Inner};
use crate::closing::{Gate, Way};
use crate::error::{BuildError, BuildErrorKind};
use crate::outcome::OutcomeRules;
use crate::redact::mark_secrets;
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
const LONGEST_NAME: usize = 128;

/// The settings of an [`ApiClient`].
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
/// | [`retried_statuses`](Self::retried_statuses) | 408, 429, 500, 502, 503, 504 | |
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

    /// A name, under which the circuit breakers and the budget are in the [`Registry`], for operators to see and steer.
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
    pub fn retried_statuses(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
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

    /// Changes the reqwest client before it is built: proxies, certificates, DNS. Redirects and retries of its own are
    /// turned off afterwards.
    #[cfg(feature = "reqwest")]
    pub fn configure(
        mut self,
        configure: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + 'static,
    ) -> Self {
        self.configure = Some(Box::new(configure));
        self
    }

    /// Checks the settings, reads the keys, and makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the first setting that is wrong.
    #[track_caller]
    pub fn build(mut self) -> Result<ApiClient, BuildError> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        self.check_times()?;
        let (mut base, user) = Base::parse(&self.base)?;
        for origin in &self.allowed {
            base.allow(origin)?;
        }
        let auth = self.auth_or(user)?;
        let has_secrets = !auth.is_none() || self.headers.keys().any(crate::redact::is_secret);
        if has_secrets && !base.is_https() && !base.is_loopback() && !self.allows_plain_http {
            return Err(BuildError::credentials(
                "credentials",
                "would go over plain `http`: use `https`, or `.allow_plain_http()`",
            ));
        }
        let credentials = auth.ready()?;
        let breakers = self.breakers(&base)?;
        let budget = self.retry_budget(&base);
        let idempotency_header = header_name(&self.idempotency_header)?;
        mark_secrets(&mut self.headers);
        let way = match self.connections_of.take() {
            Some(client) => Way::Through(Arc::clone(&client.inner().gate)),
            None => Way::Over(self.make_transport(&base)?),
        };
        Ok(ApiClient::new(Inner {
            base,
            headers: self.headers,
            credentials,
            timeout: self.timeout,
            deadline: self.deadline,
            redirects: self.redirects,
            body_limit: self.body_limit,
            policy: self.policy,
            budget,
            breakers,
            rules: Arc::new(self.rules),
            idempotency_header,
            gate: Arc::new(Gate::new(way)),
        }))
    }

    fn check_times(&self) -> Result<(), BuildError> {
        let times = [
            ("timeout", self.timeout),
            ("deadline", self.deadline),
            ("connect_timeout", Some(self.connect_timeout)),
        ];
        match times.iter().find(|(_, time)| *time == Some(Duration::ZERO)) {
            Some((name, _)) => Err(BuildError::setting(name, "must be longer than zero")),
            None => Ok(()),
        }
    }

    fn auth_or(&self, user: Option<UserInfo>) -> Result<Auth, BuildError> {
        match user {
            None => Ok(self.auth.clone()),
            Some(_) if !self.auth.is_none() => Err(BuildError::credentials(
                "base URL",
                "has a user, and `auth` is given too",
            )),
            Some((name, password)) => Ok(Auth::basic(name, ApiKey::secret(password))),
        }
    }

    #[track_caller]
    fn retry_budget(&self, base: &Base) -> Option<RetryBudget> {
        match (&self.budget, &self.name) {
            (Budget::Own(config), Some(name)) => {
                Some(Registry::global().get_or_register_budget(name, *config))
            }
            (Budget::Own(config), None) => {
                let host = base.url().host_str().unwrap_or_default();
                Some(RetryBudget::new(host, *config))
            }
            (Budget::Given(budget), _) => Some(budget.clone()),
            (Budget::None, _) => None,
        }
    }

    #[track_caller]
    fn breakers(&self, base: &Base) -> Result<Breakers, BuildError> {
        let host = base.url().host_str().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or(host);
        let is_plain = !name.is_empty() && !name.chars().any(char::is_control);
        if self.name.is_some() && (!is_plain || name.chars().count() > LONGEST_NAME) {
            return Err(BuildError::setting(
                "name",
                "must have 1 to 128 characters, none of them a control character",
            ));
        }
        Ok(match &self.breaker {
            Breaker::PerOrigin(config) => Breakers::PerOrigin(match &self.name {
                Some(name) => {
                    Registry::global().get_or_register_keyed::<String>(name, config.clone())
                }
                None => KeyedBreakers::new(name, config.clone()),
            }),
            Breaker::Shared(breaker) => Breakers::Shared(breaker.clone()),
            Breaker::None => {
                let breaker = CircuitBreaker::new(name, BreakerConfig::default());
                breaker.disable();
                Breakers::Shared(breaker)
            }
        })
    }

    #[cfg(feature = "reqwest")]
    fn make_transport(&mut self, base: &Base) -> Result<Arc<dyn Transport>, BuildError> {
        use crate::transport::ReqwestTransport;

        if let Some(transport) = self.transport.take() {
            return Ok(transport);
        }
        let has_tls = cfg!(any(feature = "rustls-tls", feature = "native-tls"));
        if base.is_https() && !has_tls {
            return Err(BuildError::new(
                BuildErrorKind::Tls,
                "`https`",
                "needs the feature `rustls-tls` or `native-tls` of resilient-http",
            ));
        }
        let mut builder = ReqwestTransport::defaults(self.connect_timeout);
        if let Some(configure) = self.configure.take() {
            builder = configure(builder);
        }
        Ok(Arc::new(ReqwestTransport::build(builder)?))
    }

    #[cfg(not(feature = "reqwest"))]
    fn make_transport(&mut self, _: &Base) -> Result<Arc<dyn Transport>, BuildError> {
        self.transport.take().ok_or_else(|| {
            BuildError::new(
                BuildErrorKind::Transport,
                "transport",
                "is missing: give one, or turn on the feature `reqwest` of resilient-http",
            )
        })
    }
}

impl fmt::Debug for ApiClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClientBuilder")
            .field("name", &self.name)
            .field("auth", &self.auth)
            .field("headers", &crate::redact::HeaderNames(&self.headers))
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
