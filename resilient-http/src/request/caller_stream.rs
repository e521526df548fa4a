//! A stream that the caller gave as a body: its errors and panics, and its stated length.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::BoxBody;

use crate::error::{BoxError, FailureCause, TransportError};

/// The stream of one exchange. It fails if it does not have its stated length: without this check,
/// a longer stream would be cut silently, and a shorter one would look like a broken connection.
/// Transports do not read a stream of the stated length zero, so that one is not checked.
pub(super) struct CallerStream {
    stream: BoxBody<Bytes, BoxError>,
    fault: BodyFault,
    /// The bytes that are still to come, if a header or the stream states the length.
    left: Option<u64>,
}

/// The error of a stream that the caller gave, as seen by the client that sends it. The transport
/// reports a failed exchange, and this error says that the caller's stream was the cause.
#[derive(Clone, Default)]
pub(crate) struct BodyFault(Option<Arc<OnceLock<SharedError>>>);

type SharedError = Arc<dyn std::error::Error + Send + Sync>;

impl CallerStream {
    /// `length` is what the caller states apart from the stream.
    pub(super) fn new(stream: BoxBody<Bytes, BoxError>, length: Option<u64>) -> Self {
        let left = length.or_else(|| stream.size_hint().exact());
        Self { stream, fault: BodyFault(Some(Arc::default())), left }
    }

    pub(super) fn fault(&self) -> BodyFault {
        self.fault.clone()
    }

    fn fail(&self, error: SharedError) -> BoxError {
        if let Some(fault) = &self.fault.0 {
            // A stream that goes on after an error reports its first one.
            let _ = fault.set(Arc::clone(&error));
        }
        Box::new(StreamError(error))
    }
}

impl HttpBody for CallerStream {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // A panic would end the task of the connection, and with HTTP/2 other calls, too.
        let poll = AssertUnwindSafe(|| Pin::new(&mut self.stream).poll_frame(cx));
        let Ok(frame) = catch_unwind(poll) else {
            return Poll::Ready(Some(Err(self.fail(Arc::new(StreamFault::Panicked)))));
        };
        Poll::Ready(match ready!(frame) {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
                match self.left.map(|left| left.checked_sub(length)) {
                    Some(None) => Some(Err(self.fail(Arc::new(StreamFault::TooLong)))),
                    left => {
                        self.left = left.flatten();
                        Some(Ok(frame))
                    }
                }
            }
            Some(Err(error)) => Some(Err(self.fail(error.into()))),
            None if self.left.is_some_and(|left| left > 0) => {
                Some(Err(self.fail(Arc::new(StreamFault::TooShort))))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream() && self.left.unwrap_or(0) == 0
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(|| self.stream.size_hint(), SizeHint::with_exact)
    }
}

impl BodyFault {
    /// Returns the error of the stream if it returned one, which then is the cause of the failed
    /// exchange. Otherwise returns `failure`.
    pub(crate) fn cause_of(&self, failure: TransportError) -> TransportError {
        match self.0.as_ref().and_then(|fault| fault.get()) {
            Some(error) => {
                TransportError::new(FailureCause::RequestBody, StreamError(Arc::clone(error)))
            }
            None => failure,
        }
    }
}

#[derive(Debug)]
enum StreamFault {
    TooLong,
    TooShort,
    Panicked,
}

impl fmt::Display for StreamFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the stream is longer than its stated length",
            Self::TooShort => "the stream is shorter than its stated length",
            Self::Panicked => "the stream panicked",
        })
    }
}

impl std::error::Error for StreamFault {}

/// The error of the caller's stream, shared by the transport's error and the error of the call.
struct StreamError(SharedError);

impl fmt::Debug for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for StreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
