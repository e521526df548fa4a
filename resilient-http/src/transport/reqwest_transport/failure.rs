//! Explains the errors of reqwest: what the server may have done, and whose fault it is.

use std::error::Error;
use std::io;

use crate::error::{FailureCause, Phase, TransportError};

/// Explains an error before the response. `is_reused` says whether the connection had served
/// another request.
pub(super) fn explain(error: reqwest::Error, is_reused: bool) -> TransportError {
    let cause = if error.is_builder() {
        FailureCause::Unsendable("cannot send to such an address")
    } else if error.is_connect() {
        FailureCause::Connection(Phase::Connect)
    } else if error.is_timeout() {
        FailureCause::TimedOut
    } else {
        match Loss::of(&error) {
            #[cfg(feature = "http2")]
            Loss::Refused => FailureCause::Connection(Phase::Refused),
            Loss::Unsent => FailureCause::Connection(Phase::Connect),
            Loss::OfConnection if is_reused => FailureCause::ReusedConnection,
            Loss::OfConnection | Loss::Other => FailureCause::Connection(Phase::Send),
        }
    };
    TransportError::new(cause, error.without_url())
}

/// Explains an error in the body of a response.
pub(in crate::transport) fn explain_body(error: reqwest::Error) -> TransportError {
    let cause = if error.is_timeout() {
        FailureCause::TimedOut
    } else if is_undecodable(&error) {
        FailureCause::Undecodable
    } else {
        FailureCause::Connection(Phase::Body)
    };
    TransportError::new(cause, error.without_url())
}

/// How a request was lost before its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The server said that it did not process the request: a stream refused by HTTP/2, or a
    /// stream beyond the last one of a GOAWAY frame.
    #[cfg(feature = "http2")]
    Refused,
    /// The client did not write the request, or the server did not process it because of an error
    /// on the connection.
    Unsent,
    /// The connection ended.
    OfConnection,
    /// For example, a response that breaks the rules of HTTP.
    Other,
}

impl Loss {
    fn of(error: &reqwest::Error) -> Self {
        let mut loss = Self::Other;
        let mut cause = error.source();
        while let Some(error) = cause {
            #[cfg(feature = "http2")]
            if let Some(error) = error.downcast_ref::<h2::Error>() {
                return Self::on_http2(error);
            }
            if let Some(error) = error.downcast_ref::<hyper::Error>() {
                if error.is_canceled() {
                    return Self::Unsent;
                }
                // If the task of a connection ends, hyper reports a mistake of its user. Usually,
                // an HTTP/2 connection ended while a request waited for a free stream.
                if error.is_incomplete_message() || error.is_user() {
                    return Self::OfConnection;
                }
            }
            if error.downcast_ref::<io::Error>().is_some_and(is_lost) {
                loss = Self::OfConnection;
            }
            cause = error.source();
        }
        loss
    }

    // RFC 9113, section 6.8 and 8.7: a server does not process a stream that it refuses, nor a
    // stream above the last one of its GOAWAY frame. h2 reports a GOAWAY frame for no other stream.
    #[cfg(feature = "http2")]
    fn on_http2(error: &h2::Error) -> Self {
        let reason = error.reason();
        let is_shutdown = error.is_go_away() && reason == Some(h2::Reason::NO_ERROR);
        let is_refusal = error.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM);
        if error.is_remote() && (is_shutdown || is_refusal) {
            Self::Refused
        } else if error.is_remote() && error.is_go_away() {
            // The server ended the connection because of an error, which is no sign of health.
            Self::Unsent
        } else if error.get_io().is_some_and(is_lost) {
            Self::OfConnection
        } else {
            Self::Other
        }
    }
}

fn is_lost(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
    )
}

/// Returns whether the bytes arrived and cannot be decompressed. The decoders report their own
/// `io::Error`; an error of the connection comes through hyper.
fn is_undecodable(error: &reqwest::Error) -> bool {
    let mut is_io = false;
    let mut cause = error.source();
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        // The source of an `io::Error` is that of the error in it, so that error is asked apart.
        let wrapped = io.and_then(io::Error::get_ref);
        if error.is::<hyper::Error>()
            || matches!(wrapped, Some(inner) if inner.is::<hyper::Error>())
        {
            return false;
        }
        is_io |= io.is_some();
        cause = error.source();
    }
    is_io
}
