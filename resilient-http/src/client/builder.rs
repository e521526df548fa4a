//! The settings of a client and their defaults.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use resilient::budget::BudgetConfig;
use resilient::deadline::SEND_MARGIN;
use resilient::{BreakerConfig, CircuitBreaker, Classification, RetryBudget, RetryPolicy};

use super::auth::Auth;
use super::defaults::{default_budget, default_circuit_breaker};
use super::handle::ApiClient;
use crate::error::{BuildError, OutcomeRules};
use crate::hold_back::OnRateLimit;
use crate::redact::HeaderNames;
use crate::request::{IDEMPOTENCY_HEADER, header_pair};
use crate::response::{FailWhen, Response};
use crate::setters::setters;
use crate::transport::Transport;

/// Most APIs need less time than this.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Three attempts of the full `TIMEOUT` fit into this time, without delays between them.
const DEADLINE: Duration = Duration::from_secs(30);
/// A server that streams sends something, or a comment, more often than this.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// A host that is up accepts connections faster than this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REDIRECTS: u32 = 5;
/// A usual JSON body is smaller than this. The limit bounds the memory of one call.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// The body of an error usually arrives together with its status.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// The settings of an [`ApiClient`].
///
/// | setting | default | range and meaning |
/// |---|---|---|
/// | [`timeout`](Self::timeout) | 10 s | above 0, or none; one attempt with its response body |
/// | [`deadline`](Self::deadline) | 30 s | above 0, or none; all attempts and the delays between them |
/// | [`idle_timeout`](Self::idle_timeout) | 60 s | above 0, or none; a wait for a chunk of a streamed response |
/// | [`connect_timeout`](Self::connect_timeout) | 5 s | above 0; one connection |
/// | [`error_body_timeout`](Self::error_body_timeout) | 1 s | from 0; the body of an error response |
/// | [`body_limit`](Self::body_limit) | 16 MiB | from 0 bytes; the decompressed body |
/// | [`redirects`](Self::redirects) | 5 | from 0; within one origin |
/// | [`retry`](Self::retry) | 3 retries, exponential from 100 ms, full jitter | see [`RetryPolicy`] |
/// | [`budget`](Self::budget) | [one retry per three successes, 20 initial](crate::default_budget) | per client |
/// | [`circuit_breaker`](Self::circuit_breaker) | [10 failures in a row over 3 s, open for 5 s](crate::default_circuit_breaker) | per origin |
/// | [`on_rate_limit`](Self::on_rate_limit) | [`Wait`](OnRateLimit::Wait) until the server wants requests again | per origin |
/// | [`retry_statuses`](Self::retry_statuses) | 408, 429, 500, 502, 503, 504 | retried if the request may be sent twice |
/// | [`permanent_codes`](Self::permanent_codes) | none | error codes that are never retried |
/// | [`count_rate_limits`](Self::count_rate_limits) | no | whether a 429 is a failure for the circuit breaker |
/// | [`fail_when`](Self::fail_when) | none | finds errors in successful responses |
/// | [`idempotency_header`](Self::idempotency_header) | `idempotency-key` | the header for idempotency keys |
/// | [`deadline_header`](Self::deadline_header) | none | the header for the time that the server has |
/// | [`deadline_margin`](Self::deadline_margin) | 5 ms | from 0; what that time is shorter than the caller's |
/// | [`attempt_header`](Self::attempt_header) | none | the header for the attempt number, from 2 on |
/// | [`name`](Self::name) | the origin of the base URL | 1 to 128 characters |
/// | [`auth`](Self::auth), [`header`](Self::header) | none | sent only to the origin of the base URL |
/// | [`allow_origin`](Self::allow_origin), [`allow_plain_http`](Self::allow_plain_http), [`fence_path`](Self::fence_path) | off | where requests and credentials may go |
/// | [`transport`](Self::transport), [`connections_of`](Self::connections_of) | a new client of reqwest | what sends the requests |
#[must_use]
pub struct ApiClientBuilder {
    pub(super) base: String,
    pub(super) name: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) auth: Auth,
    pub(super) timeout: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) connect_timeout: Duration,
    pub(super) redirects: u32,
    pub(super) body_limit: usize,
    pub(super) error_body_timeout: Duration,
    pub(super) policy: RetryPolicy,
    pub(super) budget: BudgetChoice,
    pub(super) breaker: BreakerChoice,
    pub(super) on_rate_limit: OnRateLimit,
    pub(super) rules: OutcomeRules,
    pub(crate) fail_when: Option<FailWhen>,
    pub(super) idempotency_header: String,
    pub(super) deadline_header: Option<String>,
    pub(super) deadline_margin: Duration,
    pub(super) attempt_header: Option<String>,
    pub(super) allowed: Vec<String>,
    pub(super) is_fenced: bool,
    pub(super) allows_plain_http: bool,
    pub(super) transport: Option<Arc<dyn Transport>>,
    /// The first one is the outermost layer.
    pub(super) layers: Vec<WrapTransport>,
    pub(super) connections_of: Option<ApiClient>,
    #[cfg(feature = "reqwest")]
    pub(super) configure: Option<Configure>,
    /// The first error in a setting.
    pub(super) problem: Option<BuildError>,
}

#[cfg(feature = "reqwest")]
pub(super) type Configure =
    Box<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// Wraps a transport in a layer.
pub(super) type WrapTransport =
    Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync>;

pub(super) enum BudgetChoice {
    Own(BudgetConfig),
    Given(RetryBudget),
    None,
}

pub(super) enum BreakerChoice {
    PerOrigin(BreakerConfig),
    Shared(CircuitBreaker),
    None,
}

impl ApiClient {
    /// Creates a builder for a client of the API at the URL `base`.
    pub fn builder(base: impl Into<String>) -> ApiClientBuilder {
        ApiClientBuilder {
            base: base.into(),
            name: None,
            headers: HeaderMap::new(),
            auth: Auth::none(),
            timeout: Some(TIMEOUT),
            deadline: Some(DEADLINE),
            idle_timeout: Some(IDLE_TIMEOUT),
            connect_timeout: CONNECT_TIMEOUT,
            redirects: REDIRECTS,
            body_limit: BODY_LIMIT,
            error_body_timeout: ERROR_BODY_TIMEOUT,
            policy: RetryPolicy::DEFAULT,
            budget: BudgetChoice::Own(default_budget().provisional()),
            breaker: BreakerChoice::PerOrigin(default_circuit_breaker().provisional()),
            on_rate_limit: OnRateLimit::default(),
            rules: OutcomeRules::default(),
            fail_when: None,
            idempotency_header: IDEMPOTENCY_HEADER.to_owned(),
            deadline_header: None,
            deadline_margin: SEND_MARGIN,
            attempt_header: None,
            allowed: Vec::new(),
            is_fenced: false,
            allows_plain_http: false,
            transport: None,
            layers: Vec::new(),
            connections_of: None,
            #[cfg(feature = "reqwest")]
            configure: None,
            problem: None,
        }
    }
}

impl ApiClientBuilder {
    setters! {
        /// Names the client. The name has 1 to 128 characters. The
        /// [`Registry`](resilient::Registry) has the client's circuit breakers, its budget and its
        /// retry under this name, and clients with the same name share them. Each client keeps its
        /// retry policy; operators override it with `[retries.NAME]`. When the last of these
        /// clients is dropped, the three leave the registry, but only once they are like new ones.
        /// If they still remember failures, the next client with this name gets them: see
        /// [`Lease`](resilient::registry::Lease). So name a client that is created for each call.
        ///
        /// A client without a name registers under the origin of its base URL, for example
        /// `https://api.example.com`. It shares nothing: while that name is taken, it is
        /// `https://api.example.com#2`, or has the lowest free number. Its circuit breakers and
        /// budget leave the registry with its last handle: see
        /// [`UniqueName`](resilient::registry::UniqueName).
        name(name: impl Into<String>) => name = Some(name.into());
        /// Replaces all headers that were set before. The client sends them only to the origin of
        /// its base URL.
        default_headers(headers: HeaderMap) => headers = headers;
        /// Sets how the client authenticates. A user and a password in the base URL mean
        /// [`Auth::basic`]; setting `auth` as well is an error.
        auth(auth: Auth) => auth = auth;
        /// Sets the time limit for one attempt, from connecting to the end of the body. The limit
        /// must be longer than zero; `None` means no limit. Default: 10 s.
        timeout(time: impl Into<Option<Duration>>) => timeout = time.into();
        /// Sets the time limit for a call with all its attempts and delays. The limit must be
        /// longer than zero; `None` means no limit. Default: 30 s.
        deadline(time: impl Into<Option<Duration>>) => deadline = time.into();
        /// Sets the time limit for each wait for a chunk of a [streamed
        /// response](crate::StreamedResponse). The limit must be longer than zero; `None` means no
        /// limit. Default: 60 s.
        idle_timeout(time: impl Into<Option<Duration>>) => idle_timeout = time.into();
        /// Sets the time limit for one connection. The limit must be longer than zero. It has no
        /// effect with [`transport`](Self::transport) and
        /// [`connections_of`](Self::connections_of). Default: 5 s.
        connect_timeout(time: Duration) => connect_timeout = time;
        /// Sets the number of redirects that an attempt follows within its origin. With 0, it
        /// follows no redirect. The client never follows a redirect to another origin. Default: 5.
        redirects(most: u32) => redirects = most;
        /// Sets the size limit of a response body, in bytes after decompression. For a streamed
        /// response, it is the limit of one event. Default: 16 MiB.
        body_limit(bytes: usize) => body_limit = bytes;
        /// Sets the time limit for the body of an error response. When an error status has arrived,
        /// the body is optional: if it takes longer, breaks off or exceeds 64 KiB, the error has
        /// the status, the headers and the part that came. The time limit of the attempt and the
        /// deadline shorten this limit. With zero, the client takes only what has arrived. Default:
        /// 1 s.
        error_body_timeout(time: Duration) => error_body_timeout = time;
        /// Sets the delays between attempts and the number of retries.
        retry(policy: RetryPolicy) => policy = policy;
        /// Configures the retry budget: see [`BudgetConfig`]. The configuration replaces
        /// [`default_budget`](crate::default_budget) as a whole.
        budget(config: BudgetConfig) => budget = BudgetChoice::Own(config);
        /// Uses this retry budget, which other clients of the same servers can share.
        shared_budget(budget: RetryBudget) => budget = BudgetChoice::Given(budget);
        /// Turns the retry budget off. The client then makes every retry that the policy allows.
        no_budget() => budget = BudgetChoice::None;
        /// Configures the circuit breakers. There is one breaker per origin. The configuration
        /// replaces [`default_circuit_breaker`](crate::default_circuit_breaker) as a whole; that
        /// function shows how to change one setting.
        circuit_breaker(config: BreakerConfig) => breaker = BreakerChoice::PerOrigin(config);
        /// Uses one circuit breaker for all origins. Other clients may share the breaker.
        shared_circuit_breaker(breaker: CircuitBreaker) => breaker = BreakerChoice::Shared(breaker);
        /// Turns circuit breaking off. The client then sends every call.
        no_circuit_breaker() => breaker = BreakerChoice::None;
        /// Sets what calls do while the server wants no requests: after a 429 or a 503 that names a
        /// time to wait. By default, they wait for this time if it fits into theirs, and then start
        /// one by one. Clients with the same [`name`](Self::name) are held back together.
        on_rate_limit(choice: OnRateLimit) => on_rate_limit = choice;
        /// Sets the statuses that are retried if the request may be sent twice. Default: 408, 429,
        /// 500, 502, 503, 504. A status can be an error of any kind: the client obeys `Retry-After`
        /// with each of them.
        retry_statuses(statuses: impl IntoIterator<Item = StatusCode>)
            => rules.retried = statuses.into_iter().map(|status| status.as_u16()).collect();
        /// Looks for errors in responses whose status is from 200 to 299, for APIs that report
        /// errors in the body. The hook returns what the response means if it is an error, else
        /// `None`. The call then fails with [`ApiError::Judged`](crate::ApiError::Judged), and the
        /// circuit breaker and the retry follow the class.
        ///
        /// | class | circuit breaker | retry |
        /// |---|---|---|
        /// | [`transient`](Classification::transient) | failure | if the request may be sent twice |
        /// | [`throttled`](Classification::throttled) | ignored | always: the server did not act |
        /// | [`permanent`](Classification::permanent) | failure | no |
        /// | [`answered`](Classification::answered) | success | no |
        /// | [`ignored`](Classification::ignored) | ignored | no |
        ///
        /// The hook runs inside the attempt, before the response is decoded. It sees the whole
        /// body, so it is not asked about streams. A hook of a request replaces that of the client.
        ///
        /// ```
        /// use resilient_http::{ApiClient, Classification};
        /// use serde_json::Value;
        /// use std::time::Duration;
        ///
        /// let api = ApiClient::builder("http://localhost/graphql").fail_when(|response| {
        ///     let body: Value = response.json().ok()?;
        ///     match body["errors"][0]["extensions"]["code"].as_str()? {
        ///         "INTERNAL_SERVER_ERROR" => Some(Classification::transient()),
        ///         "THROTTLED" => Some(Classification::throttled().after(Duration::from_secs(1))),
        ///         _ => Some(Classification::answered()),
        ///     }
        /// });
        /// # let _ = api;
        /// ```
        fail_when(judge: impl Fn(&Response) -> Option<Classification> + Send + Sync + 'static)
            => fail_when = Some(FailWhen::new(judge));
        /// Sets whether the circuit breaker counts a 429 as a failure. By default it does not,
        /// because a server that limits its callers is healthy.
        count_rate_limits(yes: bool) => rules.counts_rate_limits = yes;
        /// Sets the name of the header for idempotency keys. A request that sets this header has a
        /// key. A default header of the client cannot have this name, because all calls would have
        /// the same key. Default: `idempotency-key`.
        idempotency_header(name: impl Into<String>) => idempotency_header = name.into();
        /// Sends the time that the server has for the response in this header, so that the server
        /// does no work for a caller that has given up. The time is what is left of the attempt, of
        /// the call, and of each [deadline](resilient::deadline) around it, whichever is least,
        /// less the [margin](Self::deadline_margin). It is written in milliseconds, as Envoy reads
        /// it from `x-envoy-expected-rq-timeout-ms`. In the header `grpc-timeout`, it has the
        /// format of gRPC: see [`HopFormat`](resilient::deadline::HopFormat).
        ///
        /// If no full millisecond is left, nothing is sent, and the call ends with
        /// [`ApiError::Timeout`](crate::ApiError::Timeout), which the circuit breaker ignores. A
        /// call without time limits sends no header, and neither does a call that reads a
        /// [stream](crate::StreamedResponse), because its limits end with the head of the response.
        /// The header is sent only to the origin of the base URL, and replaces a header of the
        /// request. Default: no header.
        ///
        /// ```
        /// use resilient_http::ApiClient;
        ///
        /// let api = ApiClient::builder("http://localhost:8080")
        ///     .deadline_header("x-envoy-expected-rq-timeout-ms")
        ///     .attempt_header("x-envoy-attempt-count");
        /// # let _ = api;
        /// ```
        deadline_header(name: impl Into<String>) => deadline_header = Some(name.into());
        /// Sets how much shorter the time in the [`deadline_header`](Self::deadline_header) is than
        /// the time left: the response of a server that uses all its time must still arrive. It
        /// must be shorter than the timeout and the deadline. Default: 5 ms, for servers in the
        /// same region. Use a round trip to the server.
        deadline_margin(time: Duration) => deadline_margin = time;
        /// Sends the number of the attempt in this header, from the second attempt on, so that the
        /// server can leave retries to this client. It is the number of
        /// [`attempt_number`](resilient::retries::attempt_number): a retry loop around the call
        /// counts, too. In the header `grpc-previous-rpc-attempts`, it is one less, as gRPC has it.
        /// The header is sent only to the origin of the base URL, and replaces a
        /// header of the request. Default: no header.
        attempt_header(name: impl Into<String>) => attempt_header = Some(name.into());
        /// Keeps requests below the path of the base URL. Without this setting, absolute URLs and
        /// redirects can lead to any path of its origin. With it, such an absolute URL is an error,
        /// and such a redirect is not followed. Allowed origins have no fence.
        fence_path() => is_fenced = true;
        /// Allows credentials over plain `http` to other machines. Everybody on the network path
        /// can read such credentials.
        allow_plain_http() => allows_plain_http = true;
        /// Sets the transport. It replaces the reqwest client that the builder would create, and
        /// with it the effect of `configure` and [`connect_timeout`](Self::connect_timeout).
        transport(transport: impl Transport) => transport = Some(Arc::new(transport));
        /// Uses the connection pool of another client instead of a separate transport. The clients
        /// share only the pool. After the other client is closed, calls of this client fail with
        /// [`Closed`](crate::ApiError::Closed), and the waits between their attempts end. The
        /// shutdown of the other client waits for running calls of this client. Closing this client
        /// does not close the other client. [`transport`](Self::transport), `configure` and `layer`
        /// are errors: give them to the other client.
        connections_of(client: &ApiClient) => connections_of = Some(client.clone());
    }

    /// Adds a header to all requests to the origin of the base URL. It replaces an earlier value;
    /// [`default_headers`](Self::default_headers) can send several values. The header of
    /// [`auth`](Self::auth), and a header for [idempotency keys](Self::idempotency_header), are
    /// errors.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(problem) => {
                self.problem.get_or_insert(problem);
            }
        }
        self
    }

    /// Turns retries off.
    pub fn no_retry(self) -> Self {
        let policy = RetryPolicy::builder().max_retries(0).build();
        // A policy with 0 retries is valid, so the fallback is never used.
        self.retry(policy.unwrap_or_default())
    }

    /// Sets error codes for which a retry does not help, such as `insufficient_quota`. A response
    /// is never retried if its JSON body has such a code in the field `code` or `type`. The field
    /// is at the top level or in the object `error`.
    pub fn permanent_codes<S: Into<String>>(mut self, codes: impl IntoIterator<Item = S>) -> Self {
        self.rules.permanent = codes.into_iter().map(Into::into).collect();
        self
    }

    /// Allows absolute URLs of another origin, such as `https://files.example.com`. A path or a
    /// user is an error. The client does not send its headers and credentials to that origin.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed.push(origin.into());
        self
    }

    /// Changes the reqwest client before it is built, for example its proxies, certificates or DNS.
    /// If the base URL is plain `http` on this machine, proxies from the environment are off; set a
    /// proxy here if you need it. Redirects and retries of reqwest are always turned off.
    ///
    /// `configure` runs again, on another thread, whenever the client drops its idle connections,
    /// which it does when its circuit opens. It also runs again when the client first repeats a
    /// request because a connection that had served other requests broke. A new reqwest client
    /// lacks what the last one collected, such as the cookies of `cookie_store`: share them with
    /// `cookie_provider`. If `configure` panics or reqwest refuses the settings then, the client
    /// stays as it is.
    #[cfg(feature = "reqwest")]
    pub fn configure<F>(mut self, configure: F) -> Self
    where
        F: Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    {
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
