//! One call: the loop of its attempts, each through the circuit breaker. The attributes of this project do that.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use resilient::{CircuitBreaker, RetryBudget, RetryPolicy, circuit_breaker, retry};

use crate::client::ApiClient;
use crate::closing::Visit;
use crate::error::{
    ApiError, BuildError, BuildErrorKind, CallFacts, Details, Opaque, Reply, TimeoutPhase,
};
use crate::request::PreparedRequest;
use crate::response::{FromResponse, Rejected, Response};
use crate::telemetry::whole_call;

/// What a call has from its beginning to its end, whatever the attempt.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a PreparedRequest,
    /// Those of the request, and the idempotency key, which is the same for all attempts.
    pub(crate) headers: HeaderMap,
    pub(crate) facts: CallFacts,
    pub(crate) visit: Visit,
    breaker: CircuitBreaker,
    policy: &'a RetryPolicy,
    budget: Option<RetryBudget>,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    attempts: AtomicU32,
    /// Requests that were sent, redirects included.
    requests: AtomicU32,
    /// The status of the answer that the present attempt is reading; 0 before there is one.
    status: AtomicU16,
    /// A redirect led from it to its result.
    was_acted_upon: AtomicBool,
}

/// Takes an answer within the attempt, so that one that cannot be read is no success.
pub(crate) type Accept<'a> = dyn FnMut(Response) -> Result<(), ApiError> + Send + 'a;

impl CallFacts {
    pub(crate) fn of(client: &ApiClient, request: &PreparedRequest) -> Self {
        Self {
            method: request.method.clone(),
            template: request.template.clone(),
            is_repeatable: request.options.idempotency.is_repeatable(&request.method),
            is_replayable: request.body.is_replayable(),
            was_acted_upon: false,
            rules: client.inner().rules.clone(),
        }
    }
}

impl<'a> Call<'a> {
    fn new(client: &'a ApiClient, request: &'a PreparedRequest) -> Result<Self, ApiError> {
        let inner = client.inner();
        let visit = inner.gate.enter().ok_or(ApiError::Closed)?;
        // Another client may have prepared it.
        if !inner.base.knows(&request.url) {
            let problem = "is of another origin than the client's, which does not allow it";
            return Err(BuildError::new(BuildErrorKind::CrossOrigin, "address", problem).into());
        }
        let options = &request.options;
        let mut headers = request.headers.clone();
        if let Some(key) = options.idempotency.header(&inner.idempotency_header)? {
            headers.insert(inner.idempotency_header.clone(), key);
        }
        let deadline = options.deadline.map_or(inner.deadline, |time| time.0);
        let timeout = options.timeout.map_or(inner.timeout, |time| time.0);
        // One that the deadline always comes before is none: an attempt that the deadline cuts is then a failure to the
        // circuit breaker, as it should be of a server that hangs, and not one that had time left.
        let timeout = timeout.filter(|time| deadline.is_none_or(|deadline| *time < deadline));
        Ok(Self {
            request,
            headers,
            facts: CallFacts::of(client, request),
            visit,
            breaker: inner.breakers.of(&request.url),
            policy: options.policy.as_ref().unwrap_or(&inner.policy),
            budget: inner.budget.clone(),
            timeout,
            deadline,
            attempts: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            status: AtomicU16::new(0),
            was_acted_upon: AtomicBool::new(false),
        })
    }

    fn begin_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.status.store(0, Ordering::Relaxed);
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// How many requests were sent before the one that is sent now.
    pub(crate) fn resends(&self) -> u32 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn saw(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
    }

    pub(crate) fn goes_on_to_its_result(&self) {
        self.was_acted_upon.store(true, Ordering::Relaxed);
    }

    pub(crate) fn details(&self, reply: Option<Reply>) -> Details {
        let mut facts = self.facts.clone();
        facts.was_acted_upon = self.was_acted_upon.load(Ordering::Relaxed);
        Details {
            call: Some(facts),
            attempts: self.attempt(),
            reply,
            source: None,
        }
    }

    /// Whether an attempt whose end is not known may be made again.
    fn may_be_repeated(&self) -> bool {
        self.facts.is_repeatable && self.facts.is_replayable
    }

    /// Adds to the error of a time limit, which knows of no call, what there is to know.
    fn complete(&self, error: ApiError) -> ApiError {
        let ApiError::Timeout { phase, after, .. } = error else {
            return error;
        };
        if error.call().is_some() {
            return error;
        }
        let status = StatusCode::from_u16(self.status.load(Ordering::Relaxed)).ok();
        let reply = status.map(|status| Reply {
            status,
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
            is_truncated: true,
        });
        ApiError::Timeout {
            phase,
            after,
            details: Opaque::new(self.details(reply)),
        }
    }
}

impl ApiClient {
    /// Sends a prepared request: a call of its own, with all that the client does for one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call: see [`RequestBuilder`](crate::RequestBuilder#cancel-safety).
    ///
    /// # Errors
    ///
    /// An [`ApiError`] for whatever is no success.
    pub async fn execute(&self, request: &PreparedRequest) -> Result<Response, ApiError> {
        self.execute_as(request).await
    }

    /// The same, read as `T`.
    ///
    /// # Errors
    ///
    /// An [`ApiError`] for whatever is no success that can be read as `T`.
    pub async fn execute_as<T: FromResponse + Send>(
        &self,
        request: &PreparedRequest,
    ) -> Result<T, ApiError> {
        let mut value = None;
        self.execute_by(request, |response| {
            value = Some(T::from_response(response)?);
            Ok(())
        })
        .await?;
        // The call ends well only after it was read.
        value.ok_or(ApiError::Closed)
    }

    /// The same, read by `read`.
    pub(crate) async fn execute_by(
        &self,
        request: &PreparedRequest,
        mut read: impl FnMut(Response) -> Result<(), Rejected> + Send,
    ) -> Result<(), ApiError> {
        let call = Call::new(self, request)?;
        let mut accept = |response: Response| {
            read(response).map_err(|rejected| ApiError::unreadable(call.details(None), rejected))
        };
        whole_call(&call, async {
            let ended = self.attempts(&call, &mut accept).await;
            ended.map_err(|error| call.complete(error))
        })
        .await
    }

    /// The one and only loop.
    #[retry(
        policy = call.policy,
        budget = call.budget,
        deadline = call.deadline,
        attempt_timeout = call.timeout,
        except = ApiError::Timeout { phase: TimeoutPhase::Attempt, .. } if !call.may_be_repeated(),
    )]
    #[circuit_breaker(breaker = call.breaker)]
    async fn attempts(&self, call: &Call<'_>, accept: &mut Accept<'_>) -> Result<(), ApiError> {
        call.begin_attempt();
        Box::pin(self.exchange(call, accept)).await
    }
}
