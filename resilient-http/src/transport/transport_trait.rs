//! What sends a request: one exchange, no retry, no redirect, no state that anybody above needs to know.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;

use crate::error::{BoxError, Phase};
use crate::request::RequestBody;

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
    pub(crate) cause: FailureCause,
    pub(crate) source: Option<BoxError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureCause {
    Connection(Phase),
    Unsendable(&'static str),
}

impl TransportError {
    /// The connection failed. The source is printed with the error of the call: it must not hold a secret.
    #[must_use]
    pub fn connection(phase: Phase, source: impl Into<BoxError>) -> Self {
        Self {
            cause: FailureCause::Connection(phase),
            source: Some(source.into()),
        }
    }

    /// The transport cannot send such a request at all, now or later.
    #[must_use]
    pub fn unsendable(problem: &'static str) -> Self {
        Self {
            cause: FailureCause::Unsendable(problem),
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
            FailureCause::Connection(Phase::Connect) => "no connection",
            FailureCause::Connection(Phase::Send) => "the connection broke before an answer",
            FailureCause::Connection(Phase::Body) => "the answer broke off",
            FailureCause::Unsendable(problem) => problem,
        })
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}
