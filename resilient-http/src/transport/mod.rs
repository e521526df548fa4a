//! What sends a request: one exchange, no retry, no redirect, no state that anybody above needs to know.

#[cfg(feature = "test-util")]
mod mock;
#[cfg(feature = "reqwest")]
mod over_reqwest;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;

#[cfg(feature = "test-util")]
pub use self::mock::MockTransport;
#[cfg(feature = "reqwest")]
pub use self::over_reqwest::ReqwestTransport;
use crate::BoxError;
use crate::body::RequestBody;
use crate::error::Phase;

/// The body of an answer, as it comes in, decompressed.
pub type ResponseBody = UnsyncBoxBody<Bytes, TransportError>;

/// The future of [`Transport::send`].
pub type Exchange<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<ResponseBody>, TransportError>> + Send + 'a>>;

/// Sends one request and brings the beginning of its answer.
///
/// It neither retries nor follows redirects: the client does, where both are counted. Dropping the future, or the body of
/// the answer, ends the exchange and leaves nothing behind.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request. The body of the answer comes as it is read.
    fn send(&self, request: http::Request<RequestBody>) -> Exchange<'_>;
}

/// Why an exchange failed.
pub struct TransportError {
    pub(crate) cause: Cause,
    pub(crate) source: Option<BoxError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Connection(Phase),
    Unsendable(&'static str),
}

impl TransportError {
    /// The connection failed. The source is printed with the error of the call: it must not hold a secret.
    #[must_use]
    pub fn connection(phase: Phase, source: impl Into<BoxError>) -> Self {
        Self {
            cause: Cause::Connection(phase),
            source: Some(source.into()),
        }
    }

    /// The transport cannot send such a request at all, now or later.
    #[must_use]
    pub fn unsendable(problem: &'static str) -> Self {
        Self {
            cause: Cause::Unsendable(problem),
            source: None,
        }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("cause", &self.cause)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            Cause::Connection(Phase::Connect) => "no connection",
            Cause::Connection(Phase::Send) => "the connection broke before an answer",
            Cause::Connection(Phase::Body) => "the answer broke off",
            Cause::Unsendable(problem) => problem,
        })
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}
