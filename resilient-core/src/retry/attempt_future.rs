//! The future of an attempt without time limits. Each poll of a retry sets the retry scope, so that
//! a loop inside the attempt detects that it is nested.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::deadline::{AttemptMark, enter};
use crate::signal::debug_fields;
use crate::telemetry::CallSpan;

pin_project! {
    /// The future of an attempt without time limits.
    #[must_use = "futures do nothing unless awaited"]
    pub struct AttemptFuture<F> {
        mark: Option<AttemptMark>,
        span: CallSpan,
        #[pin]
        future: F,
    }
}

impl<F> AttemptFuture<F> {
    #[inline]
    pub(super) fn new(mark: Option<AttemptMark>, span: CallSpan, future: F) -> Self {
        Self { mark, span, future }
    }
}

impl<F: Future> Future for AttemptFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _span = this.span.enter();
        if this.mark.is_none() {
            return this.future.poll(cx);
        }
        let _entered = enter(*this.mark, None);
        this.future.poll(cx)
    }
}

debug_fields!(AttemptFuture<F> {});
