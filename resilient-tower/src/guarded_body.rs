//! The body of a response, which holds the permit of its call until it ends.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use resilient::breaker::OwnedPermit;
use resilient::{Classification, Outcome};

use crate::response_classifier::{HttpStatus, ResponseClassifier};

pin_project! {
    // B6, B11
    /// The body of a response, which holds the permit of its call until it ends. A
    /// [`BreakerLayer`](crate::BreakerLayer) with `http`, `grpc` or `responses` makes it.
    ///
    /// | what happens to the body | outcome |
    /// |---|---|
    /// | it ends, or its trailers arrive | the class of the trailers, else that of the head |
    /// | it fails, or it panics | failure |
    /// | it is dropped before its end | the outcome of the head |
    /// | it is empty from the start | reported at once |
    /// | the head is no healthy one | reported at once, by the head |
    ///
    /// Until then the call is in flight. `slow_call` of the breaker measures the time up to the
    /// head. A probe of a half-open circuit keeps its slot until the body ends, or until
    /// [`probe_timeout`](resilient::breaker::BreakerConfigBuilder::probe_timeout) is over.
    pub struct GuardedBody<B, H = HttpStatus> {
        #[pin]
        body: B,
        // `None` after the call was reported.
        permit: Option<OwnedPermit>,
        classifier: H,
    }

    impl<B, H> PinnedDrop for GuardedBody<B, H> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(permit) = this.project().permit.take() {
                permit.report(Outcome::Success);
            }
        }
    }
}

impl<B: Body, H: ResponseClassifier> GuardedBody<B, H> {
    /// Guards the body of a response whose head has just arrived.
    pub(crate) fn new(body: B, permit: Option<OwnedPermit>, classifier: H) -> Self {
        let permit = permit.and_then(|mut permit| {
            if body.is_end_stream() {
                permit.report_class(classifier.end(None));
                return None;
            }
            permit.head_received();
            Some(permit)
        });
        Self { body, permit, classifier }
    }
}

impl<B, H> GuardedBody<B, H> {
    /// Returns the inner body.
    pub fn get_ref(&self) -> &B {
        &self.body
    }
}

impl<B: Body, H: ResponseClassifier> Body for GuardedBody<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(permit) = this.permit.take() else {
            return this.body.poll_frame(cx);
        };
        // If the body panics, the permit is dropped while the thread unwinds: a failure.
        let polled = this.body.as_mut().poll_frame(cx);
        let class = match &polled {
            Poll::Ready(Some(Ok(frame))) => match frame.trailers_ref() {
                Some(trailers) => this.classifier.end(Some(trailers)),
                // The reader may stop here.
                None if this.body.is_end_stream() => this.classifier.end(None),
                None => {
                    *this.permit = Some(permit);
                    return polled;
                }
            },
            Poll::Ready(Some(Err(_))) => {
                Some(Classification::transient().with_text("the body broke off"))
            }
            Poll::Ready(None) => this.classifier.end(None),
            Poll::Pending => {
                *this.permit = Some(permit);
                return Poll::Pending;
            }
        };
        permit.report_class(class);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: fmt::Debug, H> fmt::Debug for GuardedBody<B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedBody")
            .field("body", &self.body)
            .field("is_reported", &self.permit.is_none())
            .finish_non_exhaustive()
    }
}
