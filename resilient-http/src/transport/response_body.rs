//! The body of a response, as transports return it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

use crate::error::TransportError;
use crate::request::BodyFault;

/// A response body as a stream of decompressed bytes.
pub struct ResponseBody {
    stream: BodyStream,
    /// The error of the request body, which can end a response that has begun.
    fault: BodyFault,
}

enum BodyStream {
    Bytes(Full<Bytes>),
    /// Not boxed, which saves an allocation per call.
    #[cfg(feature = "reqwest")]
    Reqwest(reqwest::Body),
    Boxed(UnsyncBoxBody<Bytes, TransportError>),
}

impl ResponseBody {
    /// Makes a body of a stream.
    #[must_use]
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<TransportError>,
    {
        BodyStream::Boxed(body.map_err(Into::into).boxed_unsync()).into()
    }

    #[cfg(feature = "reqwest")]
    pub(super) fn of_reqwest(body: reqwest::Body) -> Self {
        BodyStream::Reqwest(body).into()
    }

    /// Sets where an error of the request body will be. If the response breaks off and the request
    /// body has failed, that is the cause.
    pub(crate) fn blaming(self, fault: BodyFault) -> Self {
        Self { fault, ..self }
    }
}

impl<T: Into<Bytes>> From<T> for ResponseBody {
    fn from(bytes: T) -> Self {
        BodyStream::Bytes(Full::new(bytes.into())).into()
    }
}

impl From<BodyStream> for ResponseBody {
    fn from(stream: BodyStream) -> Self {
        Self { stream, fault: BodyFault::default() }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let polled = match &mut self.stream {
            BodyStream::Bytes(body) => {
                Pin::new(body).poll_frame(cx).map_err(|never| match never {})
            }
            #[cfg(feature = "reqwest")]
            BodyStream::Reqwest(body) => {
                Pin::new(body).poll_frame(cx).map_err(super::reqwest_transport::explain_body)
            }
            BodyStream::Boxed(body) => Pin::new(body).poll_frame(cx),
        };
        polled.map_err(|failure| self.fault.cause_of(failure))
    }

    fn is_end_stream(&self) -> bool {
        match &self.stream {
            BodyStream::Bytes(body) => body.is_end_stream(),
            #[cfg(feature = "reqwest")]
            BodyStream::Reqwest(body) => body.is_end_stream(),
            BodyStream::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.stream {
            BodyStream::Bytes(body) => body.size_hint(),
            #[cfg(feature = "reqwest")]
            BodyStream::Reqwest(body) => body.size_hint(),
            BodyStream::Boxed(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}
