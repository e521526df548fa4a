//! The body of a request, and whether it can be sent again.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};

use crate::error::{BoxError, FailureCause, TransportError};

/// The body of one exchange, as transports send it: bytes, or a stream of bytes.
pub struct RequestBody(SentBody);

enum SentBody {
    Bytes(Full<Bytes>),
    Stream(CheckedStream),
}

/// A stream of the caller. It must have the length that the request states, or the server would
/// wait for the rest.
struct CheckedStream {
    stream: BoxBody<Bytes, BoxError>,
    fault: BodyFault,
    /// The bytes that have not come, if the length is stated.
    left: Option<u64>,
}

/// The error of a stream that the caller gave, as seen by the client that sends it. The transport
/// reports a failed exchange, and this error says that the caller's stream was the cause.
#[derive(Clone, Default)]
pub(crate) struct BodyFault(Option<Arc<OnceLock<SharedError>>>);

const PANICKED: &str = "the stream of the request body panicked";
const TOO_LONG: &str = "the stream of the request body is longer than its `content-length`";
const TOO_SHORT: &str = "the stream of the request body is shorter than its `content-length`";

type SharedError = Arc<dyn std::error::Error + Send + Sync>;

/// The body of a request.
///
/// A body is empty, bytes, or a stream. [`Body::factory`] creates a stream for each attempt. A
/// stream from [`Body::once`] can be sent only once, so its call has no retries.
///
/// If a stream returns an error, panics, or has another length than the header `content-length` or
/// its size hint states, the call ends with
/// [`ApiError::RequestBody`](crate::ApiError::RequestBody): the call is not retried, and the
/// circuit breaker ignores it. A stream that takes too long looks like a slow server: the time
/// limit of the attempt ends it, and the circuit breaker counts a failure.
pub struct Body(BodySource);

enum BodySource {
    Bytes(Bytes),
    Factory(Arc<dyn Fn() -> BoxBody<Bytes, BoxError> + Send + Sync>),
    Once(Mutex<Option<BoxBody<Bytes, BoxError>>>),
}

impl Body {
    /// Returns an empty body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(BodySource::Bytes(Bytes::new()))
    }

    /// Calls `make` for each attempt to create the stream.
    #[must_use]
    pub fn factory<B>(make: impl Fn() -> B + Send + Sync + 'static) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        Self(BodySource::Factory(Arc::new(move || boxed(make()))))
    }

    /// Uses a stream that can be sent only once. The call has no retries.
    #[must_use]
    pub fn once<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        Self(BodySource::Once(Mutex::new(Some(boxed(body)))))
    }

    /// Returns a copy, or `None` if the body exists only once.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        Some(Self(match &self.0 {
            BodySource::Bytes(bytes) => BodySource::Bytes(bytes.clone()),
            BodySource::Factory(make) => BodySource::Factory(Arc::clone(make)),
            BodySource::Once(_) => return None,
        }))
    }

    /// Returns whether the body can be sent again.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        !matches!(self.0, BodySource::Once(_))
    }

    /// Returns the bytes of the body, or `None` if the body is a stream.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            BodySource::Bytes(bytes) => Some(bytes),
            BodySource::Factory(_) | BodySource::Once(_) => None,
        }
    }

    /// Returns the body for one exchange, or `None` if the body was sent and cannot be sent again.
    pub(crate) fn open(&self) -> Option<RequestBody> {
        let stream = match &self.0 {
            BodySource::Bytes(bytes) => return Some(bytes.clone().into()),
            BodySource::Factory(make) => make(),
            BodySource::Once(body) => body.lock().unwrap_or_else(PoisonError::into_inner).take()?,
        };
        let left = stream.size_hint().exact();
        let fault = BodyFault(Some(Arc::default()));
        Some(RequestBody(SentBody::Stream(CheckedStream { stream, fault, left })))
    }
}

impl RequestBody {
    /// Returns the bytes of the body.
    ///
    /// # Errors
    ///
    /// Returns the body itself if it is a stream.
    pub fn into_bytes(self) -> Result<Bytes, Self> {
        match self.0 {
            SentBody::Bytes(full) => Ok(full.into_inner().unwrap_or_default()),
            SentBody::Stream(_) => Err(self),
        }
    }

    /// Returns the place where the error of the stream will be.
    pub(crate) fn fault(&self) -> BodyFault {
        match &self.0 {
            SentBody::Bytes(_) => BodyFault::default(),
            SentBody::Stream(checked) => checked.fault.clone(),
        }
    }

    /// Sets the length that the headers of the request state.
    pub(crate) fn state_length(&mut self, headers: &HeaderMap) {
        let SentBody::Stream(checked) = &mut self.0 else { return };
        let stated = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if let Some(length) = stated.and_then(|length| length.parse().ok()) {
            checked.left = Some(length);
        }
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

    fn set(&self, error: &SharedError) {
        if let Some(fault) = &self.0 {
            // A stream that goes on after an error reports its first one.
            let _ = fault.set(Arc::clone(error));
        }
    }
}

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

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            SentBody::Bytes(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            SentBody::Stream(checked) => checked.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            SentBody::Bytes(full) => full.is_end_stream(),
            // The end of a stream that is too short is an error, for which it must be polled.
            SentBody::Stream(checked) => {
                checked.left.unwrap_or_default() == 0 && checked.stream.is_end_stream()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            SentBody::Bytes(full) => full.size_hint(),
            SentBody::Stream(checked) => checked.stream.size_hint(),
        }
    }
}

impl CheckedStream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // A panic would end the task of the connection, and with HTTP/2 other calls, too.
        let poll = AssertUnwindSafe(|| Pin::new(&mut self.stream).poll_frame(cx));
        let polled = catch_unwind(poll);
        let polled = polled.unwrap_or_else(|_| Poll::Ready(Some(Err(PANICKED.into()))));
        polled.map(|frame| self.checked(frame)).map_err(|error| {
            let error = SharedError::from(error);
            self.fault.set(&error);
            Box::new(StreamError(error)) as BoxError
        })
    }

    fn checked(
        &mut self,
        frame: Option<Result<Frame<Bytes>, BoxError>>,
    ) -> Option<Result<Frame<Bytes>, BoxError>> {
        let Some(left) = &mut self.left else { return frame };
        match &frame {
            None if *left > 0 => Some(Err(TOO_SHORT.into())),
            Some(Ok(piece)) => {
                let length = piece.data_ref().map_or(0, Bytes::len);
                match u64::try_from(length).ok().and_then(|length| left.checked_sub(length)) {
                    Some(rest) => {
                        *left = rest;
                        frame
                    }
                    None => Some(Err(TOO_LONG.into())),
                }
            }
            _ => frame,
        }
    }
}

fn boxed<B>(body: B) -> BoxBody<Bytes, BoxError>
where
    B: HttpBody<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed()
}

impl Default for RequestBody {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(SentBody::Bytes(Full::new(bytes)))
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            SentBody::Bytes(_) => "RequestBody(bytes)",
            SentBody::Stream(_) => "RequestBody(a stream)",
        })
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(BodySource::Bytes(bytes.into()))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            BodySource::Bytes(bytes) if bytes.is_empty() => f.write_str("Body(empty)"),
            BodySource::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            BodySource::Factory(_) => f.write_str("Body(a stream for each attempt)"),
            BodySource::Once(_) => f.write_str("Body(a stream, once)"),
        }
    }
}
