//! Methods that all kinds of errors share.

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
    /// The kind, for tables and labels.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.parts().0
    }

    /// The status of the response, if there was one. Also set if the body broke off.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.head.status)
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(|response| &response.head.headers)
    }

    /// The response body as text; bytes that are not UTF-8 are replaced. At most 64 KiB, see
    /// [`is_body_truncated`](Self::is_body_truncated). It is the server's text and may contain
    /// secrets.
    #[must_use]
    pub fn body_text(&self) -> Option<Cow<'_, str>> {
        self.response().map(|response| String::from_utf8_lossy(&response.body))
    }

    /// The response body as JSON of type `T`; `None` if it is not.
    #[must_use]
    pub fn body_json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.response()?.body).ok()
    }

    /// Whether the body was longer than 64 KiB or broke off.
    #[must_use]
    pub fn is_body_truncated(&self) -> bool {
        self.response().is_some_and(|response| response.is_truncated)
    }

    /// The server's error message: `detail`, `message`, `error.message`, `error` or `title` of a
    /// JSON body, otherwise the start of the text. At most 200 characters; control characters are
    /// replaced. It is the server's text and may contain secrets.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        self.response()?.message()
    }

    /// The time to wait before the next attempt: from `Retry-After`, as read when the response
    /// arrived, or from the circuit breaker.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen(open) => open.retry_after(),
            _ => self.response()?.head.retry_after,
        }
    }

    /// The rate limit that the server reported.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.response()?.head.rate_limit.as_deref().cloned()
    }

    /// The server's id of the request, from `x-request-id` or a similar header.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.head.request_id()
    }

    /// The number of attempts. 0 if nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.details().map_or(0, |details| details.attempts)
    }

    /// The method of the call, if known.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.call().map(|call| &call.method)
    }

    /// The path template of the call, without values.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.call().map(|call| &*call.template)
    }

    /// Whether another attempt may help and cannot do harm.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.classify().retry
    }

    /// Why this call had no retries, if its error would allow them.
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

    /// Whether the status is 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether a time limit of the client or the server ended the call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether the circuit breaker rejected the call.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        matches!(self, Self::CircuitOpen(_))
    }

    /// Whether the response is a redirect that was not followed: to another origin, beyond the
    /// limit, or without a target.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self, Self::Status { status, .. } if status.is_redirection())
    }

    pub(crate) fn call(&self) -> Option<&CallFacts> {
        self.details()?.call.as_ref()
    }

    pub(super) fn details(&self) -> Option<&Details> {
        self.parts().1
    }

    pub(super) fn response(&self) -> Option<&ErrorResponse> {
        self.details()?.response.as_ref()
    }

    fn parts(&self) -> (ErrorKind, Option<&Details>) {
        let (kind, details) = match self {
            Self::Connection { details, .. } => (ErrorKind::Connection, details),
            Self::Timeout { details, .. } => (ErrorKind::Timeout, details),
            Self::RateLimited { details, .. } => (ErrorKind::RateLimited, details),
            Self::Authentication { details } => (ErrorKind::Authentication, details),
            Self::Forbidden { details } => (ErrorKind::Forbidden, details),
            Self::NotFound { details } => (ErrorKind::NotFound, details),
            Self::Server { details, .. } => (ErrorKind::Server, details),
            Self::Status { details, .. } => (ErrorKind::Status, details),
            Self::Decode { details, .. } => (ErrorKind::Decode, details),
            Self::TooLarge { details, .. } => (ErrorKind::TooLarge, details),
            Self::CircuitOpen(_) => return (ErrorKind::CircuitOpen, None),
            Self::Closed => return (ErrorKind::Closed, None),
            Self::Build(_) => return (ErrorKind::Build, None),
        };
        (kind, Some(&details.0))
    }
}
