//! The error of a call.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use resilient::CircuitOpen;

use super::build_error::BuildError;
use super::details::Details;
use super::kinds::{Phase, TimeoutPhase};
use crate::response::DecodeError;

/// The reason why a call failed.
///
/// `Display`, `Debug` and the chain of sources show the method, the path template, and for an error
/// about a connection or a circuit the host and port. They never show values, queries, headers,
/// bodies or user information, which may contain secrets. [`message`](Self::message) returns the
/// server's message.
///
/// [`Classify`](resilient::Classify) and the
/// [table](crate::guide::outcomes#what-is-retried-and-what-counts) say how retries and circuit
/// breakers treat each error. Clones are cheap and share their contents.
#[derive(Clone)]
#[non_exhaustive]
pub enum ApiError {
    /// The connection failed before or during the response.
    #[non_exhaustive]
    Connection {
        /// The step that the request had reached.
        phase: Phase,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The stream that the caller gave as the request's body returned an error, which is the
    /// [`source`](std::error::Error::source). The server may have acted on a part of the request.
    #[non_exhaustive]
    RequestBody {
        #[doc(hidden)]
        details: Opaque,
    },
    /// A layer of the caller around the transport failed: see
    /// [`TransportError::layer`](crate::TransportError::layer). Its error is the
    /// [`source`](std::error::Error::source).
    #[non_exhaustive]
    Layer {
        #[doc(hidden)]
        details: Opaque,
    },
    /// A time limit ended the call.
    #[non_exhaustive]
    Timeout {
        /// The time limit that ended the call.
        phase: TimeoutPhase,
        /// The length of the time limit.
        after: Duration,
        #[doc(hidden)]
        details: Opaque,
    },
    /// 429: too many requests. Or the client held back the call after such a refusal, and
    /// [nothing was sent](Self::is_held_back).
    #[non_exhaustive]
    RateLimited {
        /// The wait that the server asked for, as read when the response arrived: see
        /// [`retry_after`](Self::retry_after).
        retry_after: Option<Duration>,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The client has no credentials for the request, because the closure of
    /// [`Auth::fresh`](crate::Auth::fresh) or [`Auth::refresh`](crate::Auth::refresh) failed. The
    /// server did not act on the request. The chain of sources contains the closure's error.
    #[non_exhaustive]
    Credentials {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 401: the server rejected the credentials.
    #[non_exhaustive]
    Authentication {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 403: the credentials do not permit this request.
    #[non_exhaustive]
    Forbidden {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 404: the server did not find the resource.
    #[non_exhaustive]
    NotFound {
        #[doc(hidden)]
        details: Opaque,
    },
    /// 5xx: the server failed.
    #[non_exhaustive]
    Server {
        /// The status.
        status: StatusCode,
        /// The wait that the server asked for, as read when the response arrived.
        retry_after: Option<Duration>,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The response has another status outside 200 to 299, for example a redirect that was not
    /// followed: see [`is_redirect`](Self::is_redirect).
    #[non_exhaustive]
    Status {
        /// The status.
        status: StatusCode,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The hook [`fail_when`](crate::ApiClientBuilder::fail_when) found an error in a response
    /// whose status is a success, or an [event](crate::EventStream::fail_when) of a stream reported
    /// an error.
    #[non_exhaustive]
    Judged {
        #[doc(hidden)]
        details: Opaque,
    },
    /// A successful response cannot be read as the requested type.
    #[non_exhaustive]
    Decode {
        /// The problem with the body.
        error: Arc<DecodeError>,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The response body is longer than the client's limit.
    #[non_exhaustive]
    TooLarge {
        /// The limit in bytes, after decompression.
        limit: usize,
        #[doc(hidden)]
        details: Opaque,
    },
    /// The circuit is open. Nothing was sent.
    CircuitOpen(CircuitOpen),
    /// The client is closed. Nothing was sent.
    Closed,
    /// The request cannot be built. Nothing was sent.
    Build(Arc<BuildError>),
}

/// Private contents of an error.
#[derive(Clone)]
pub struct Opaque(pub(super) Arc<Details>);

impl Opaque {
    pub(crate) fn new(details: Details) -> Self {
        Self(Arc::new(details))
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode { error, .. } => Some(&**error),
            // `CircuitOpen::find_in` looks for the rejection in the chain, so the rejection stays
            // there, although the `Display` of this error contains its text.
            Self::CircuitOpen(open) => Some(open),
            // The `Display` of this error already contains the text of the `BuildError`.
            Self::Build(error) => error.source(),
            _ => {
                let source = self.details()?.source.as_deref()?;
                Some(source)
            }
        }
    }
}
