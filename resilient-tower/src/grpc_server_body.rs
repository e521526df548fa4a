//! The body of a response, whose deadline is that of the call.

use std::convert::Infallible;
use std::fmt;
use std::future::Pending;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use resilient::TimedOut;
use resilient::deadline::{CallerContext, DeadlineScope};
use tonic::Status;

use crate::grpc_error::GrpcError;

pin_project! {
    /// The body of a response of a [`GrpcServer`](crate::GrpcServer). What a stream of the handler
    /// calls has the deadline and the attempt number of the caller. At the deadline, the stream is
    /// dropped, and the call ends with `DeadlineExceeded` in the trailers.
    pub struct GrpcServerBody<B> {
        // `None` after the deadline.
        #[pin]
        body: Option<B>,
        caller: CallerContext,
        #[pin]
        deadline: DeadlineScope<Pending<Infallible>>,
    }
}

impl<B> GrpcServerBody<B> {
    /// Limits the body of a response.
    pub(crate) fn new(body: B, caller: CallerContext) -> Self {
        Self { body: Some(body), ..Self::of(caller) }
    }

    /// Makes the body of a response that has only headers.
    pub(crate) fn empty() -> Self {
        Self::of(CallerContext::new())
    }

    fn of(caller: CallerContext) -> Self {
        Self { body: None, caller, deadline: caller.scope(std::future::pending()) }
    }
}

impl<B: Body> Body for GrpcServerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = this.caller.scope_blocking(|| body.poll_frame(cx)) {
            return Poll::Ready(frame);
        }
        match this.deadline.poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(never)) => match never {},
            Poll::Ready(Err(timed_out)) => {
                this.body.set(None);
                Poll::Ready(Some(Ok(Frame::trailers(trailers(timed_out)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // At the deadline, the stream ends early, so the hint of the inner body may be too high.
        if self.is_end_stream() { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}

fn trailers(timed_out: TimedOut) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // This fails only for a message that no header can hold.
    let _ = Status::from(GrpcError::from(timed_out)).add_header(&mut trailers);
    trailers
}

impl<B: fmt::Debug> fmt::Debug for GrpcServerBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcServerBody").field("body", &self.body).finish_non_exhaustive()
    }
}
