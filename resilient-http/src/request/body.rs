//! The body of a request, and whether it can be sent again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body::Body as HttpBody;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};

use crate::error::BoxError;

/// A request body as a stream of bytes, as transports send it.
pub type RequestBody = BoxBody<Bytes, BoxError>;

/// The body of a request.
///
/// A body is empty, bytes, or a stream. [`Body::factory`] creates a stream for each attempt. A
/// stream from [`Body::once`] can be sent only once, so its call has no retries.
pub struct Body(BodySource);

enum BodySource {
    Empty,
    Bytes(Bytes),
    Factory(Arc<dyn Fn() -> RequestBody + Send + Sync>),
    Once(Mutex<Option<RequestBody>>),
}

impl Body {
    /// Returns an empty body.
    #[must_use]
    pub fn empty() -> Self {
        Self(BodySource::Empty)
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

    /// Returns whether the body can be sent again.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        !matches!(self.0, BodySource::Once(_))
    }

    /// Returns the bytes of the body, or `None` if the body is a stream.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            BodySource::Empty => Some(&[]),
            BodySource::Bytes(bytes) => Some(bytes),
            BodySource::Factory(_) | BodySource::Once(_) => None,
        }
    }

    /// Returns the body for one attempt, or `None` if the body was sent and cannot be sent again.
    pub(crate) fn open(&self) -> Option<RequestBody> {
        match &self.0 {
            BodySource::Empty => Some(boxed(Empty::new())),
            BodySource::Bytes(bytes) => Some(boxed(Full::new(bytes.clone()))),
            BodySource::Factory(make) => Some(make()),
            BodySource::Once(body) => body.lock().unwrap_or_else(PoisonError::into_inner).take(),
        }
    }
}

fn boxed<B>(body: B) -> RequestBody
where
    B: HttpBody<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed()
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
            BodySource::Empty => f.write_str("Body(empty)"),
            BodySource::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            BodySource::Factory(_) => f.write_str("Body(a stream for each attempt)"),
            BodySource::Once(_) => f.write_str("Body(a stream, once)"),
        }
    }
}
