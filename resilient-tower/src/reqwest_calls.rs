//! The breaker, the retry and the deadline of requests of `reqwest-middleware`.

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{Extensions, Method};
use reqwest::{Request, Response, ResponseBuilderExt};
use reqwest_middleware::{Middleware, Next};
use resilient::breaker::{KeyedBreakers, OwnedPermit};
use resilient::{CircuitBreaker, CircuitOpen, Classification, RetryBudget, RetryPolicy, TimedOut};

use crate::breaker_source::{BreakerSource, KeyedBy};
use crate::guarded_body::GuardedBody;
use crate::outgoing_deadline::OutgoingDeadlineLayer;
use crate::response_classifier::HttpStatus;

type Mapped = reqwest_middleware::Result<Response>;
type Result<T, E = CallError> = std::result::Result<T, E>;

// C2
/// Sends the requests of a client of `reqwest-middleware` through a circuit breaker, and retries
/// them.
///
/// | setting | default |
/// |---|---|
/// | [`retry`](Self::retry) | [`RetryPolicy::DEFAULT`] |
/// | [`budget`](Self::budget) | no budget |
/// | [`attempt_timeout`](Self::attempt_timeout), [`deadline`](Self::deadline) | none |
/// | [`repeat_if`](Self::repeat_if) | idempotent methods, and requests with an `idempotency-key` |
/// | [`tell_servers`](Self::tell_servers) | no header is sent |
///
/// - **Order.** Retries are outside, the breaker inside: each attempt asks for a permit. The
///   middlewares after this one, and the client, run in each attempt.
/// - **Outcome.** Responses are classified by their status, as
///   [`HttpStatus`](crate::HttpStatus) says, and errors as `resilient_classify::reqwest` says.
///   `Retry-After` is honoured. A response is an `Ok` whatever its status: after the last attempt
///   the caller gets it as it came.
/// - **Body of the response.** The call is in flight until the body of a healthy response ends: see
///   [`GuardedBody`]. Time limits of this middleware end with the head of the response. Set
///   `read_timeout` of reqwest for the body.
/// - **Requests that are sent once.** A request whose body is a stream cannot be copied. A request
///   that must not be repeated is sent again only if there was no connection.
/// - **Redirects** are followed by the client within an attempt. The breaker is that of the first
///   host.
///
/// # Errors
///
/// The errors are those of the client, and a [`CallError`] within
/// [`reqwest_middleware::Error::Middleware`]. [`CircuitOpen::find_in`] and [`TimedOut::find_in`]
/// find the cause.
///
/// ```
/// use reqwest_middleware::ClientBuilder;
/// use resilient::breaker::KeyedBreakers;
/// use resilient::budget::BudgetConfig;
/// use resilient::{BreakerConfig, CircuitOpen, RetryBudget};
/// use resilient_tower::ReqwestCalls;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let breakers = KeyedBreakers::new("hosts", BreakerConfig::default());
/// let calls = ReqwestCalls::per_host(breakers.clone())
///     .budget(RetryBudget::new("hosts", BudgetConfig::default()))
///     .attempt_timeout(Duration::from_secs(2))
///     .deadline(Duration::from_secs(5));
/// let client = ClientBuilder::new(reqwest::Client::new()).with(calls).build();
///
/// breakers.get("127.0.0.1:9").trip().unwrap();
/// let error = client.get("http://127.0.0.1:9/stock").send().await.unwrap_err();
/// assert!(CircuitOpen::find_in(&error).is_some());
/// # }
/// ```
pub struct ReqwestCalls<B = CircuitBreaker> {
    breakers: B,
    policy: RetryPolicy,
    budget: Option<RetryBudget>,
    attempt_timeout: Option<Duration>,
    deadline: Option<Duration>,
    may_repeat: fn(&Request) -> bool,
    outgoing: Option<OutgoingDeadlineLayer>,
}

/// The key of a host, such as `api.example.com:443`.
type HostOf = fn(&Request) -> String;

impl ReqwestCalls {
    /// Sends all requests through `breaker`.
    #[must_use]
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self::of(breaker)
    }
}

impl ReqwestCalls<KeyedBy<String, HostOf>> {
    /// Sends each request through the breaker of its host and port, such as `api.example.com:443`.
    #[must_use]
    pub fn per_host(breakers: KeyedBreakers<String>) -> Self {
        Self::of(KeyedBy::new(breakers, host_of as HostOf))
    }
}

impl<B> ReqwestCalls<B> {
    /// Sends each request through the breaker that `breakers` finds for it: see [`BreakerSource`].
    #[must_use]
    pub fn of(breakers: B) -> Self {
        Self {
            breakers,
            policy: RetryPolicy::DEFAULT,
            budget: None,
            attempt_timeout: None,
            deadline: None,
            may_repeat,
            outgoing: None,
        }
    }

    /// Sets the policy of the retries. With `max_retries(0)`, each request is sent once.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Pays for retries from a budget. All requests share it, so use one middleware for each
    /// dependency, if one of them must not use up the retries of the others.
    #[must_use]
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Limits the time of each attempt, from the request to the head of the response.
    #[must_use]
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    /// Limits the time of the whole call, with its retries and waits. An earlier deadline of the
    /// code around bounds the retries in any case.
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Sets which requests may be sent again although the server may have acted on them.
    #[must_use]
    pub fn repeat_if(mut self, may_repeat: fn(&Request) -> bool) -> Self {
        self.may_repeat = may_repeat;
        self
    }

    /// Tells servers how long the caller waits and which attempt this is: see
    /// [`OutgoingDeadlineLayer`]. Use it only if all servers of this client may know that.
    #[must_use]
    pub fn tell_servers(mut self, headers: OutgoingDeadlineLayer) -> Self {
        self.outgoing = Some(headers);
        self
    }
}

fn host_of(request: &Request) -> String {
    let url = request.url();
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn may_repeat(request: &Request) -> bool {
    Method::is_idempotent(request.method()) || request.headers().contains_key("idempotency-key")
}

/// The error of a call that [`ReqwestCalls`] rejected or cut short.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The circuit is open, so nothing was sent.
    Open(CircuitOpen),
    /// A time limit of this middleware is over, or no time is left.
    TimedOut(TimedOut),
    /// The error of the client or of another middleware. The middleware returns that error itself.
    Client(reqwest_middleware::Error),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => open.fmt(f),
            Self::TimedOut(timed_out) => timed_out.fmt(f),
            Self::Client(error) => error.fmt(f),
        }
    }
}

// The variants are sources, because `source` of an error of `reqwest-middleware` is that of the
// error inside: otherwise nobody would find them.
impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match self {
            Self::Open(open) => open,
            Self::TimedOut(timed_out) => timed_out,
            Self::Client(error) => error,
        })
    }
}

impl From<CircuitOpen> for CallError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TimedOut> for CallError {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<CallError> for reqwest_middleware::Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Client(error) => error,
            error => Self::middleware(error),
        }
    }
}

#[async_trait]
impl<B: BreakerSource<Request> + Send + Sync + 'static> Middleware for ReqwestCalls<B> {
    async fn handle(&self, request: Request, shared: &mut Extensions, next: Next<'_>) -> Mapped {
        let breaker = self.breakers.breaker(&request);
        let may_repeat = (self.may_repeat)(&request);
        let copy = request.try_clone();
        let has_copy = copy.is_some();
        // Attempts run one after the other, and each may be dropped.
        let extensions = Mutex::new(shared.clone());
        let lock = || extensions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut call = self.policy.call().through(&breaker);
        if let Some(budget) = &self.budget {
            call = call.budget(budget);
        }
        if let Some(time) = self.attempt_timeout {
            call = call.attempt_timeout(time).retry_timed_out(may_repeat && has_copy);
        }
        if let Some(time) = self.deadline {
            call = call.deadline(time);
        }
        let call = call.classify_with(|output: &Result<Response>| {
            let mut class = class_of(output)?;
            class.retry &= has_copy && (may_repeat || is_not_sent(output));
            Some(class)
        });
        let mut first = Some(request);
        let (result, permit) = call
            .run_holding(|_| {
                let request = first.take().or_else(|| copy.as_ref()?.try_clone());
                let (next, lock) = (next.clone(), &lock);
                async move {
                    let mut request = request.expect("only requests with a copy are repeated");
                    if let Some(outgoing) = &self.outgoing {
                        outgoing.write(request.headers_mut())?;
                    }
                    let mut own = lock().clone();
                    let result = next.run(request, &mut own).await;
                    *lock() = own;
                    result.map_err(CallError::Client)
                }
            })
            .await;
        *shared = lock().clone();
        Ok(guarded(result?, permit))
    }
}

/// Returns the class of a response or an error, or `None` for a success.
fn class_of(output: &Result<Response>) -> Option<Classification> {
    match output {
        Ok(response) => resilient_classify::http(response.status(), response.headers()),
        Err(CallError::Client(reqwest_middleware::Error::Reqwest(error))) => {
            Some(resilient_classify::reqwest(error))
        }
        Err(error) => Some(Classification::of_error(error)),
    }
}

/// Returns whether the server has certainly not seen the request.
fn is_not_sent(output: &Result<Response>) -> bool {
    matches!(output, Err(CallError::Client(error)) if error.is_connect())
}

// B6
/// Holds the permit until the body of the response ends.
fn guarded(response: Response, permit: Option<OwnedPermit>) -> Response {
    let Some(permit) = permit else { return response };
    let url = response.url().clone();
    let (mut parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
    // reqwest takes the URL of a response that is made from parts from an extension.
    if let Ok(with_url) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(with_url.into_parts().0.extensions);
    }
    let body = GuardedBody::new(body, Some(permit), HttpStatus::<()>(()));
    http::Response::from_parts(parts, reqwest::Body::wrap(body)).into()
}

impl<B: fmt::Debug> fmt::Debug for ReqwestCalls<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestCalls")
            .field("breakers", &self.breakers)
            .field("policy", &self.policy)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
