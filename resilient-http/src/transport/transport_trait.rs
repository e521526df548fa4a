//! The interface of a transport. A transport makes one exchange, without retries and redirects.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;

use crate::error::{BoxError, Phase};
use crate::request::RequestBody;

/// A response body as a stream of decompressed bytes.
pub type ResponseBody = UnsyncBoxBody<Bytes, TransportError>;

/// The future of [`Transport::send`].
pub type Exchange<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<ResponseBody>, TransportError>> + Send + 'a>>;

/// Sends one request and returns the head of its response.
///
/// A transport neither retries nor follows redirects, because the client does both and counts them.
/// Dropping the future or the body must end the exchange and free its resources.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request and returns before the body of the response is read.
    fn send(&self, request: http::Request<RequestBody>) -> Exchange<'_>;
}

/// The reason why an exchange failed.
#[derive(Debug)]
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
    /// Reports a failed connection. The error of the call shows `source`, so `source` must not
    /// contain secrets.
    #[must_use]
    pub fn connection(phase: Phase, source: impl Into<BoxError>) -> Self {
        Self { cause: FailureCause::Connection(phase), source: Some(source.into()) }
    }

    /// Reports a request that the transport can never send.
    #[must_use]
    pub fn unsendable(problem: &'static str) -> Self {
        Self { cause: FailureCause::Unsendable(problem), source: None }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            FailureCause::Connection(phase) => phase.text(),
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
