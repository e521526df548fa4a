//! A successful response.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "cache")]
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::decode_error::DecodeError;
use super::head::ResponseHead;
use super::rate_limit::RateLimit;
use super::text::without_bom;

/// The source of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Served {
    /// The server sent the response for this call.
    #[default]
    Fresh,
    /// The server sent the response for a concurrent call with the same request.
    #[cfg(feature = "cache")]
    Joined,
    /// The response comes from the cache. See [`ResponseCache`](crate::ResponseCache).
    #[cfg(feature = "cache")]
    Cached {
        /// The time since the server sent the response.
        age: Duration,
    },
    /// The response comes from the cache and is expired. It was used because the circuit is open.
    #[cfg(feature = "cache")]
    Stale {
        /// The time since the server sent the response.
        age: Duration,
    },
}

/// A response with a status from 200 to 299.
#[derive(Clone)]
pub struct Response {
    pub(crate) head: ResponseHead,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    pub(crate) template: Arc<str>,
    pub(crate) served: Served,
}

impl Response {
    /// Returns the status, from 200 to 299.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Returns the whole body, decompressed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// Returns the body without the rest of the response.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.body
    }

    /// Returns the source of the response: the server or the cache.
    #[must_use]
    pub fn served(&self) -> Served {
        self.served
    }

    /// Returns the number of attempts, which is 0 if this call sent nothing.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the path template of the call.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns the id that the server gave the request in `x-request-id` or a similar header.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// Returns the rate limit that the server reported. If it reported several, returns the one of
    /// which the smallest share remains. Times count from the arrival of the response.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.head.rate_limit()
    }

    /// Returns all rate limits that the server reported, sorted by their names.
    #[must_use]
    pub fn rate_limits(&self) -> Vec<RateLimit> {
        self.head.rate_limits()
    }

    /// Reads the body as JSON. An empty body is read as `null`, so `()`, `Option` and
    /// [`Value`](serde_json::Value) accept an empty body. A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// Returns a [`DecodeError`] if the body is not JSON or has another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let body = without_bom(&self.body);
        let body = if body.trim_ascii().is_empty() { b"null" } else { body };
        serde_json::from_slice(body).map_err(|error| DecodeError::json::<T>(&error))
    }

    /// Reads the body as text. A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// Returns a [`DecodeError`] if the body is not UTF-8.
    pub fn text(&self) -> Result<&str, DecodeError> {
        std::str::from_utf8(without_bom(&self.body)).map_err(DecodeError::text)
    }
}

/// Shows neither the body nor header values, which may contain secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Response");
        self.head.debug_fields(&mut shown);
        shown
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .field("template", &self.template)
            .field("served", &self.served)
            .finish()
    }
}
