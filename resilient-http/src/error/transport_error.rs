//! The error of one exchange, as transports report it.

use std::convert::Infallible;
use std::fmt;

use super::build_error::BoxError;
use super::kinds::Phase;

/// The reason why an exchange failed.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) cause: FailureCause,
    pub(crate) source: Option<BoxError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureCause {
    Connection(Phase),
    /// A connection that had served other requests broke before the response.
    ReusedConnection,
    /// The response took longer than the transport's own limit.
    TimedOut,
    /// The response cannot be decompressed.
    Undecodable,
    /// A layer of the caller failed.
    Layer,
    /// The request body, a stream of the caller, failed.
    RequestBody,
    Unsendable(&'static str),
}

impl TransportError {
    /// Reports a failed connection. The error of the call shows `source`, so `source` must not
    /// contain secrets.
    #[must_use]
    pub fn connection(phase: Phase, source: impl Into<BoxError>) -> Self {
        Self::new(FailureCause::Connection(phase), source)
    }

    /// Reports that a connection which had served other requests broke before the first byte of the
    /// response. Servers close idle connections at any time, so this says nothing about the health
    /// of the server. If the request may be sent twice, the client sends it again at once.
    #[must_use]
    pub fn reused_connection(source: impl Into<BoxError>) -> Self {
        Self::new(FailureCause::ReusedConnection, source)
    }

    /// Reports that the transport's own time limit ended the exchange. The client counts it like
    /// the time limit of an attempt.
    #[must_use]
    pub fn timed_out(source: impl Into<BoxError>) -> Self {
        Self::new(FailureCause::TimedOut, source)
    }

    /// Reports a body that cannot be decompressed.
    #[must_use]
    pub fn undecodable(source: impl Into<BoxError>) -> Self {
        Self::new(FailureCause::Undecodable, source)
    }

    /// Reports a failure on the side of the caller, such as a layer that refuses the request. It
    /// says nothing about the server: the circuit breaker ignores it, and it is not retried. The
    /// error of the call shows `source`, so `source` must not contain secrets.
    #[must_use]
    pub fn layer(source: impl Into<BoxError>) -> Self {
        Self::new(FailureCause::Layer, source)
    }

    /// Reports a request that the transport can never send.
    #[must_use]
    pub fn unsendable(problem: &'static str) -> Self {
        Self { cause: FailureCause::Unsendable(problem), source: None }
    }

    pub(crate) fn new(cause: FailureCause, source: impl Into<BoxError>) -> Self {
        Self { cause, source: Some(source.into()) }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            FailureCause::Connection(phase) => phase.text(),
            FailureCause::ReusedConnection => Phase::Send.text(),
            FailureCause::TimedOut => "the transport's time limit passed",
            FailureCause::Undecodable => "the response cannot be decompressed",
            FailureCause::Layer => "a layer failed",
            FailureCause::RequestBody => "the request body failed",
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

/// Converts the error of a tower layer. If it is a [`TransportError`], or one of its sources is,
/// the cause stays. Otherwise it is a failure of the [layer](TransportError::layer).
impl From<BoxError> for TransportError {
    fn from(error: BoxError) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(error) => return *error,
            Err(error) => error,
        };
        let mut sources = std::iter::successors(error.source(), |source| source.source());
        let known = sources.find_map(|source| source.downcast_ref::<Self>());
        let cause = known.map_or(FailureCause::Layer, |known| known.cause);
        Self::new(cause, error)
    }
}

impl From<Infallible> for TransportError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
