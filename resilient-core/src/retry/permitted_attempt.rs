//! The future of an attempt without time limits, under the permit of a breaker.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::{CallTimer, EnteredCall, Permit};
use crate::deadline::{self, AttemptMark, Entered};
use crate::signal::debug_fields;
use crate::telemetry::{CallSpan, LazySpan};

pin_project! {
    /// An [`AttemptFuture`](super::AttemptFuture) around a
    /// [`PermitFuture`](crate::breaker::PermitFuture), as one future, so that a poll tests only one
    /// flag.
    #[must_use = "futures do nothing unless awaited"]
    pub struct PermittedAttempt<'permit, F> {
        // The loop keeps the permit in memory in any case, so a reference costs less than a copy.
        permit: &'permit Permit<'permit>,
        mark: Option<AttemptMark>,
        attempt_span: CallSpan,
        call_span: LazySpan,
        timer: CallTimer,
        #[pin]
        future: F,
    }
}

impl<'permit, F> PermittedAttempt<'permit, F> {
    #[inline]
    pub(super) fn new(
        mark: Option<AttemptMark>,
        attempt_span: CallSpan,
        permit: &'permit Permit<'permit>,
        future: F,
    ) -> Self {
        Self { permit, mark, attempt_span, call_span: LazySpan::NEW, timer: CallTimer::NEW, future }
    }
}

impl<F: Future> Future for PermittedAttempt<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attempt = this.attempt_span.enter();
        let _call = this.call_span.get_or_make(|| this.permit.span()).enter();
        let _entered =
            (this.mark.is_some() || this.permit.is_probe()).then(|| enter(this.permit, *this.mark));
        let permit = *this.permit;
        this.timer.poll(|| Some(permit.name()), || this.future.poll(cx))
    }
}

pin_project! {
    /// An attempt of a [`RetryCall`](super::RetryCall), under the permit of its breaker if it has
    /// one. An `async` block would hold the attempt twice.
    pub(super) struct PermittedCall<'permit, F> {
        permit: Option<&'permit Permit<'permit>>,
        span: LazySpan,
        timer: CallTimer,
        #[pin]
        future: F,
    }
}

impl<'permit, F> PermittedCall<'permit, F> {
    pub(super) fn new(permit: Option<&'permit Permit<'permit>>, future: F) -> Self {
        Self { permit, span: LazySpan::NEW, timer: CallTimer::NEW, future }
    }
}

impl<F: Future> Future for PermittedCall<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let permit = *this.permit;
        let _span = this.span.get_or_make(|| permit.map_or(CallSpan::NONE, Permit::span)).enter();
        let _entered = permit.map(Permit::enter);
        this.timer.poll(|| permit.map(Permit::name), || this.future.poll(cx))
    }
}

#[cold]
#[inline(never)]
fn enter<'permit>(
    permit: &'permit Permit<'permit>,
    mark: Option<AttemptMark>,
) -> (EnteredCall<'permit>, Option<Entered>) {
    (permit.enter(), mark.is_some().then(|| deadline::enter(mark, None)))
}

debug_fields!(PermittedAttempt<'permit, F> {});
