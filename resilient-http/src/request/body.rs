//! The body of a request, and whether it can be sent again.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};

use super::caller_stream::{BodyFault, CallerStream};
use crate::error::BoxError;

/// The body of one exchange, as transports send it: bytes, or a stream of bytes.
pub struct RequestBody(SentBody);

enum SentBody {
    Bytes(Full<Bytes>),
    Stream(CallerStream),
}

/// The body of a request.
///
/// A body is empty, bytes, or a stream. [`Body::factory`] creates a stream for each attempt. A
/// stream from [`Body::once`] can be sent only once, so its call has no retries.
///
/// If a stream returns an error or panics, or is longer or shorter than a header `content-length`
/// or its own `size_hint` states, the call ends with
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
    /// `length` is the stated length of a stream, if it is stated.
    pub(crate) fn open(&self, length: Option<u64>) -> Option<RequestBody> {
        let stream = match &self.0 {
            BodySource::Bytes(bytes) => return Some(bytes.clone().into()),
            BodySource::Factory(make) => make(),
            BodySource::Once(body) => body.lock().unwrap_or_else(PoisonError::into_inner).take()?,
        };
        Some(RequestBody(SentBody::Stream(CallerStream::new(stream, length))))
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
            SentBody::Stream(..) => Err(self),
        }
    }

    /// Returns the place where the error of the stream will be.
    pub(crate) fn fault(&self) -> BodyFault {
        match &self.0 {
            SentBody::Bytes(_) => BodyFault::default(),
            SentBody::Stream(stream) => stream.fault(),
        }
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
            SentBody::Stream(stream) => Pin::new(stream).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            SentBody::Bytes(full) => full.is_end_stream(),
            SentBody::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            SentBody::Bytes(full) => full.size_hint(),
            SentBody::Stream(stream) => stream.size_hint(),
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
            SentBody::Stream(..) => "RequestBody(a stream)",
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
