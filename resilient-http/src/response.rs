//! What a call brings back.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "cache")]
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{DecodeError, request_id};
use crate::rate_limit::RateLimit;
use crate::redact::HeaderNames;

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
    Kept {
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
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    pub(crate) template: Arc<str>,
    pub(crate) served: Served,
}

impl Response {
    /// The status: 200 to 299.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
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
        request_id(&self.headers)
    }

    /// What the server tells of its rate limits.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::parse(&self.headers)
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
        f.debug_struct("Response")
            .field("status", &self.status.as_u16())
            .field("headers", &HeaderNames(&self.headers))
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .field("template", &self.template)
            .field("served", &self.served)
            .finish()
    }
}

/// A decoded answer with its status, headers and attempts.
///
/// ```no_run
/// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
/// use resilient_http::Reply;
///
/// let reply: Reply<Vec<String>> = api.get("names").await?;
/// println!("{} names after {} attempts", reply.value.len(), reply.response.attempts());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<T> {
    /// What the body says.
    pub value: T,
    /// The answer that it came in.
    pub response: Response,
}

/// What a request can be awaited as: anything that is read from JSON, a [`Reply`] of it, or the [`Response`] as it came.
pub trait FromResponse: Sized {
    /// Reads the answer. Within the attempt: what cannot be read is no success to the circuit breaker, nor a failure.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] if the answer is not of this type.
    fn from_response(response: Response) -> Result<Self, Rejected>;
}

/// An answer that could not be read, and why.
#[derive(Debug)]
pub struct Rejected(Box<(Response, DecodeError)>);

impl Rejected {
    /// The answer, and why it cannot be read.
    pub(crate) fn into_parts(self) -> (Response, DecodeError) {
        *self.0
    }
}

impl FromResponse for Response {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        Ok(response)
    }
}

impl<T: DeserializeOwned> FromResponse for Reply<T> {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        match response.json() {
            Ok(value) => Ok(Self { value, response }),
            Err(error) => Err(Rejected(Box::new((response, error)))),
        }
    }
}

impl<T: DeserializeOwned> FromResponse for T {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        match response.json() {
            Ok(value) => Ok(value),
            Err(error) => Err(Rejected(Box::new((response, error)))),
        }
    }
}
