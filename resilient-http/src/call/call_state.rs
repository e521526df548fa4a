//! The state of one call, shared by its attempts.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use resilient::retries::NamedRetry;
use resilient::{CircuitBreaker, RetryBudget};

use crate::address::forbidden;
use crate::client::{ApiClient, CallGuard};
use crate::error::{ApiError, CallFacts, Details, ErrorResponse, Opaque, SentOnce};
use crate::hold_back::OriginHold;
use crate::request::{Idempotency, PreparedRequest};
use crate::response::{FailWhen, Response, ResponseHead};

pub(super) struct CallState<'a> {
    pub(super) request: &'a PreparedRequest,
    /// The headers of the request and the idempotency key, which are the same in all attempts.
    pub(super) headers: Cow<'a, HeaderMap>,
    pub(super) facts: CallFacts,
    /// The hook of the client.
    fail_when: Option<&'a FailWhen>,
    pub(super) guard: CallGuard,
    pub(super) breaker: CircuitBreaker,
    /// `None` if the client ignores rate limits.
    pub(super) hold: Option<Arc<OriginHold>>,
    pub(super) retry: NamedRetry,
    pub(super) budget: Option<RetryBudget>,
    pub(super) timeout: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    /// Whether the time limits end with the head of the response.
    pub(super) is_streamed: bool,
    attempts: AtomicU32,
    requests: AtomicU32,
    /// The head of the success whose body the attempt is reading. If a time limit ends the attempt,
    /// its error shows the head.
    reading: Mutex<Option<ResponseHead>>,
    /// Whether a redirect turned the request into a `GET`. If so, the server has already acted on
    /// the request.
    was_acted_upon: AtomicBool,
    /// Whether the server refused a token of this call.
    has_refreshed: AtomicBool,
}

/// Returns the facts about a call that its errors show and on which its retries depend.
pub(crate) fn call_facts(client: &ApiClient, request: &PreparedRequest) -> CallFacts {
    CallFacts {
        method: request.method.clone(),
        template: request.template.clone(),
        is_repeatable: request.options.idempotency.is_repeatable(&request.method),
        is_replayable: request.body.is_replayable(),
        sent_once: (request.options.idempotency == Idempotency::No).then_some(SentOnce::ByCaller),
        rules: client.inner().rules.clone(),
    }
}

impl<'a> CallState<'a> {
    pub(super) fn new(
        client: &'a ApiClient,
        request: &'a PreparedRequest,
    ) -> Result<Self, ApiError> {
        let inner = client.inner();
        let guard = inner.gate.enter().ok_or(ApiError::Closed)?;
        // The request may come from another client with another base URL.
        if !inner.base.permits(&request.url) {
            return Err(forbidden("is of another client, and this client does not allow it").into());
        }
        let options = &request.options;
        let mut headers = Cow::Borrowed(&request.headers);
        if let Some(key) = options.idempotency.header(&inner.idempotency_header)? {
            headers.to_mut().insert(inner.idempotency_header.clone(), key);
        }
        let deadline = options.deadline.map_or(inner.deadline, |time| time.0);
        let timeout = options.timeout.map_or(inner.timeout, |time| time.0);
        Ok(Self {
            request,
            headers,
            facts: call_facts(client, request),
            fail_when: inner.fail_when.as_ref(),
            guard,
            breaker: inner.breaker_of(&request.url),
            hold: inner.hold_of(&request.url),
            retry: inner.retry_of(options.policy.as_ref()),
            budget: inner.budget.as_ref().map(|budget| budget.get().clone()),
            timeout,
            deadline,
            is_streamed: false,
            attempts: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            reading: Mutex::new(None),
            was_acted_upon: AtomicBool::new(false),
            has_refreshed: AtomicBool::new(false),
        })
    }

    pub(super) fn begin_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.end_reading();
    }

    pub(super) fn attempt(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// Counts one more request and returns the number of earlier requests.
    pub(super) fn resends(&self) -> u32 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps the head of a response while the attempt reads the body.
    pub(super) fn begin_reading(&self, head: ResponseHead) {
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    /// Returns the head of the response whose body the attempt was reading.
    pub(super) fn end_reading(&self) -> Option<ResponseHead> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn mark_acted_upon(&self) {
        self.was_acted_upon.store(true, Ordering::Relaxed);
    }

    /// Returns `true` the first time.
    pub(super) fn refresh_once(&self) -> bool {
        !self.has_refreshed.swap(true, Ordering::Relaxed)
    }

    /// Returns an error if the hook of the request or the client finds one in the response.
    pub(super) fn judged(&self, response: Response) -> Result<Response, ApiError> {
        let hook = self.request.options.fail_when.as_ref().or(self.fail_when);
        match hook.and_then(|hook| hook.judge(&response)) {
            Some(verdict) => {
                let response = ErrorResponse::of_success(response);
                Err(ApiError::judged(self.details(None), response, verdict))
            }
            None => Ok(response),
        }
    }

    pub(super) fn details(&self, response: Option<ErrorResponse>) -> Details {
        let mut facts = self.facts.clone();
        if self.was_acted_upon.load(Ordering::Relaxed) {
            facts.sent_once = Some(SentOnce::ByRedirect);
        }
        let mut details = Details::new(Some(facts), self.attempt());
        details.response = response;
        details
    }

    /// Returns whether an attempt may be repeated if its outcome is unknown.
    pub(super) fn may_be_repeated(&self) -> bool {
        self.facts.is_repeatable && self.facts.is_replayable
    }

    /// Adds the facts of the call to the error of a time limit.
    pub(super) fn complete(&self, error: ApiError) -> ApiError {
        let ApiError::Timeout { phase, after, .. } = error else {
            return error;
        };
        if error.call().is_some() {
            return error;
        }
        let response = self.end_reading().map(ErrorResponse::without_body);
        let ended =
            ApiError::Timeout { phase, after, details: Opaque::new(self.details(response)) };
        if let Some(reason) = error.stop_reason() {
            ended.ended_by(reason);
        }
        ended
    }
}
