//! What can be asked of an error, whatever its kind.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::Classify as _;
use serde::de::DeserializeOwned;

use super::api_error::ApiError;
use super::details::{CallFacts, Details};
use super::error_response::ErrorResponse;
use super::kinds::{ErrorKind, RetriesDisabled};
use crate::response::RateLimit;

impl ApiError {
    /// Its kind, for tables and labels.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Connection { .. } => ErrorKind::Connection,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::Authentication { .. } => ErrorKind::Authentication,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Server { .. } => ErrorKind::Server,
            Self::Status { .. } => ErrorKind::Status,
            Self::Decode { .. } => ErrorKind::Decode,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::CircuitOpen(_) => ErrorKind::CircuitOpen,
            Self::Closed => ErrorKind::Closed,
            Self::Build(_) => ErrorKind::Build,
        }
    }

    /// The status of the answer, if there was one; also of one that broke off.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.head.status)
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(|response| &response.head.headers)
    }

    /// The body of the answer as text, what is no UTF-8 replaced. At most 64 KiB of it, see
    /// [`is_body_truncated`](Self::is_body_truncated). The server wrote it: it may hold anything.
    #[must_use]
    pub fn body_text(&self) -> Option<Cow<'_, str>> {
        self.response()
            .map(|response| String::from_utf8_lossy(&response.body))
    }

    /// The body of the answer as JSON.
    #[must_use]
    pub fn body_json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.response()?.body).ok()
    }

    /// Whether the body was longer than what was kept of it, or broke off.
    #[must_use]
    pub fn is_body_truncated(&self) -> bool {
        self.response()
            .is_some_and(|response| response.is_truncated)
    }

    /// What the server says went wrong: `detail`, `message`, `error.message`, `error` or `title` of a JSON body, else the
    /// beginning of the text. At most 200 characters, control characters replaced. The server wrote it.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        self.response()?.message()
    }

    /// How long until it makes sense to try again, as the server or the circuit breaker says.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen(open) => open.retry_after(),
            _ => self.response()?.head.retry_after,
        }
    }

    /// What the server tells of its rate limits.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.response()?.head.rate_limit.clone()
    }

    /// The name that the server gave the request: `x-request-id` and the like.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.head.request_id()
    }

    /// How many attempts there were. 0 if nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.details().map_or(0, |details| details.attempts)
    }

    /// The method of the call, if it got as far as that.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.call().map(|call| &call.method)
    }

    /// The path template of the call, without values.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.call().map(|call| &*call.template)
    }

    /// Whether another attempt may help, and does no harm.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.classify().retry
    }

    /// Why there are no retries of a call whose error alone would allow them.
    #[must_use]
    pub fn retries_disabled(&self) -> Option<RetriesDisabled> {
        let call = self.call()?;
        if self.class_if(true, true).retry
            == self.class_if(call.is_repeatable, call.is_replayable).retry
        {
            None
        } else if call.is_replayable {
            Some(RetriesDisabled::NotIdempotent)
        } else {
            Some(RetriesDisabled::Body)
        }
    }

    /// Whether it is a 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether a time was up, at whatever end.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether the circuit was open.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        matches!(self, Self::CircuitOpen(_))
    }

    /// Whether it is a redirect that was not followed: to another origin, one too many, or without a target.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self, Self::Status { status, .. } if status.is_redirection())
    }

    pub(crate) fn call(&self) -> Option<&CallFacts> {
        self.details()?.call.as_ref()
    }

    pub(crate) fn details(&self) -> Option<&Details> {
        match self {
            Self::Connection { details, .. }
            | Self::Timeout { details, .. }
            | Self::RateLimited { details, .. }
            | Self::Authentication { details }
            | Self::Forbidden { details }
            | Self::NotFound { details }
            | Self::Server { details, .. }
            | Self::Status { details, .. }
            | Self::Decode { details, .. }
            | Self::TooLarge { details, .. } => Some(&details.0),
            Self::CircuitOpen(_) | Self::Closed | Self::Build(_) => None,
        }
    }

    pub(super) fn response(&self) -> Option<&ErrorResponse> {
        self.details()?.response.as_ref()
    }
}
