//! What a call brings back.

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

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Served {
    /// From the server, for this call.
    #[default]
    Fresh,
    /// From the server, for another call that asked the same at the same time.
    #[cfg(feature = "cache")]
    Joined,
    /// It was kept. See [`ResponseCache`](crate::ResponseCache).
    #[cfg(feature = "cache")]
    Cached {
        /// How long ago it came from the server.
        age: Duration,
    },
    /// It was kept, and is older than it should be: the circuit is open.
    #[cfg(feature = "cache")]
    Stale {
        /// How long ago it came from the server.
        age: Duration,
    },
}

/// An answer as it came, with a status of success.
#[derive(Clone)]
pub struct Response {
    pub(crate) head: ResponseHead,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    pub(crate) template: Arc<str>,
    pub(crate) served: Served,
}

impl Response {
    /// The status: 200 to 299.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The body, whole and decompressed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body alone.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.body
    }

    /// Where it comes from: the server, or what was kept of its answers.
    #[must_use]
    pub fn served(&self) -> Served {
        self.served
    }

    /// How many attempts it took. 0 if nothing was sent for it.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The path template of the call.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The name that the server gave the request: `x-request-id` and the like.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// What the server tells of its rate limits.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.head.rate_limit.clone()
    }

    /// The body read as JSON. An empty one is `null`: it can be read as `()`, an `Option`, or a
    /// [`Value`](serde_json::Value). A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] if it is no JSON, or of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let body: &[u8] = &self.body;
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let body = if body.trim_ascii().is_empty() {
            b"null"
        } else {
            body
        };
        serde_json::from_slice(body).map_err(|error| DecodeError::json(&error))
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] if it is no UTF-8.
    pub fn text(&self) -> Result<&str, DecodeError> {
        std::str::from_utf8(&self.body).map_err(DecodeError::text)
    }
}

/// Shows neither body nor values of headers: they may be secrets.
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
