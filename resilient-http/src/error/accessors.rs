//! The methods that give information about an error of any kind.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use resilient::retries::StopReason;
use serde::de::DeserializeOwned;

use super::api_error::ApiError;
use super::details::{CallFacts, Details};
use super::error_response::ErrorResponse;
use super::kinds::{ErrorKind, RetriesDisabled};
use crate::response::{RateLimit, without_bom};

impl ApiError {
    /// Returns the kind of the error. Metrics can use it as a label.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.parts().0
    }

    /// Returns the status if a response arrived, even if its body broke off.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.head.status)
    }

    /// Returns the headers of the response, if a response arrived.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(|response| &response.head.headers)
    }

    /// Returns the response body as text. Bytes that are not UTF-8 are replaced, and a byte order
    /// mark is skipped. The text has at most 64 KiB: see
    /// [`is_body_truncated`](Self::is_body_truncated). The server wrote the text, which may contain
    /// secrets.
    #[must_use]
    pub fn body_text(&self) -> Option<Cow<'_, str>> {
        self.response().map(|response| String::from_utf8_lossy(without_bom(&response.body)))
    }

    /// Returns the response body as JSON of type `T`, or `None` if it is not such JSON.
    #[must_use]
    pub fn body_json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(without_bom(&self.response()?.body)).ok()
    }

    /// Returns whether the body was longer than 64 KiB, broke off, or took longer than the
    /// [time](crate::ApiClientBuilder::error_body_timeout) for the body of an error.
    #[must_use]
    pub fn is_body_truncated(&self) -> bool {
        self.response().is_some_and(|response| response.is_truncated)
    }

    /// Returns the server's error message. If a JSON body has `detail`, `message`, `error.message`,
    /// `error` or `title`, the message is the first of these texts; otherwise, the message is the
    /// start of the body. The message has at most 200 characters, and control characters are
    /// replaced. The server wrote the message, which may contain secrets.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        self.response()?.message()
    }

    /// Returns the time to wait before the next attempt, or `None` if no such time is known. The
    /// circuit breaker sets it, or the server did in `Retry-After`, whatever its status, as read
    /// when the response arrived. For a 429 without `Retry-After`, it is the time until the rate
    /// limits of which nothing remains reset, or at most ten seconds for limits that
    /// [refill](RateLimit::reset). If the client [held back](Self::is_held_back) the
    /// call, it is the time until the call could have started.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen(open) => open.retry_after(),
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => self.response()?.head.retry_after,
        }
    }

    /// Returns the rate limit that the server reported. If it reported several, returns the one of
    /// which the smallest share remains. Times count from the arrival of the response.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.response()?.head.rate_limit()
    }

    /// Returns all rate limits that the server reported, sorted by their names.
    #[must_use]
    pub fn rate_limits(&self) -> Vec<RateLimit> {
        self.response().map(|response| response.head.rate_limits()).unwrap_or_default()
    }

    /// Returns the id that the server gave the request in `x-request-id` or a similar header.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.head.request_id()
    }

    /// Returns the number of attempts, which is 0 if nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.details().map_or(0, |details| details.attempts)
    }

    /// Returns the method of the call, if it is known.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.call().map(|call| &call.method)
    }

    /// Returns the path template of the call, without values.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.call().map(|call| &*call.template)
    }

    /// Returns whether another attempt may succeed and cannot repeat an effect on the server.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.class().retry
    }

    /// Returns why the call made no retry, or no further one, although the kind of its error allows
    /// retries. Returns `None` if the call made all its retries, if another limit ended it, or if
    /// the kind of its error allows none.
    #[must_use]
    pub fn retries_disabled(&self) -> Option<RetriesDisabled> {
        let call = self.call()?;
        if self.stop_reason() == Some(StopReason::Budget) {
            Some(RetriesDisabled::Budget)
        } else if self.class_if(true, true).retry
            == self.class_if(call.is_repeatable, call.is_replayable).retry
        {
            None
        } else if call.is_replayable {
            Some(RetriesDisabled::NotIdempotent)
        } else {
            Some(RetriesDisabled::Body)
        }
    }

    /// Returns whether the status is 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Returns whether a time limit of the client or the server ended the call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Returns whether the circuit breaker rejected the call.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        matches!(self, Self::CircuitOpen(_))
    }

    /// Returns whether the response is a redirect (301, 302, 303, 307 or 308) that the client did
    /// not follow. The redirect leads to another origin, exceeds the limit, or has no target. Other
    /// statuses from 300 to 399, such as 304, are not redirects.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self, Self::Status { status, .. } if is_redirect(*status))
    }

    /// Remembers why the retry loop ended the call with this error.
    pub(crate) fn ended_by(&self, reason: StopReason) {
        if let Some(details) = self.details() {
            // A call ends once. An error that several calls share has the reason of the first one.
            details.stop_reason.get_or_init(|| reason);
        }
    }

    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.details()?.stop_reason.get().copied()
    }

    /// Returns whether the client held back the call because of a refusal of the server to an
    /// earlier call. Nothing was sent.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        matches!(self, Self::RateLimited { .. }) && self.response().is_none()
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
            Self::RequestBody { details } => (ErrorKind::RequestBody, details),
            Self::Layer { details } => (ErrorKind::Layer, details),
            Self::Timeout { details, .. } => (ErrorKind::Timeout, details),
            Self::RateLimited { details, .. } => (ErrorKind::RateLimited, details),
            Self::Credentials { details } => (ErrorKind::Credentials, details),
            Self::Authentication { details } => (ErrorKind::Authentication, details),
            Self::Forbidden { details } => (ErrorKind::Forbidden, details),
            Self::NotFound { details } => (ErrorKind::NotFound, details),
            Self::Server { details, .. } => (ErrorKind::Server, details),
            Self::Status { details, .. } => (ErrorKind::Status, details),
            Self::Judged { details } => (ErrorKind::Judged, details),
            Self::Decode { details, .. } => (ErrorKind::Decode, details),
            Self::TooLarge { details, .. } => (ErrorKind::TooLarge, details),
            Self::CircuitOpen(_) => return (ErrorKind::CircuitOpen, None),
            Self::Closed => return (ErrorKind::Closed, None),
            Self::Build(_) => return (ErrorKind::Build, None),
        };
        (kind, Some(&details.0))
    }
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
