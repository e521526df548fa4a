//! The future of a call. While it is polled, calls through the same breaker are nested in it.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::call_timer::CallTimer;
use super::machine::Ticket;
use super::shared::{EnteredCall, SharedBreaker};
use crate::signal::debug_fields;
use crate::telemetry::LazySpan;

pin_project! {
    /// The future of a call, from [`Permit::within`](super::Permit::within). It resolves to the
    /// output of the call.
    #[must_use = "futures do nothing unless awaited"]
    pub struct PermitFuture<'permit, F> {
        // A copy of the permit's parts, and not a reference: with a reference, the compiler would
        // keep the permit and `future` in memory on every call.
        breaker: &'permit SharedBreaker,
        ticket: Ticket,
        span: LazySpan,
        timer: CallTimer,
        #[pin]
        future: F,
    }
}

impl<'permit, F> PermitFuture<'permit, F> {
    #[inline]
    pub(super) fn new(breaker: &'permit SharedBreaker, ticket: Ticket, future: F) -> Self {
        Self { breaker, ticket, span: LazySpan::NEW, timer: CallTimer::NEW, future }
    }
}

impl<F: Future> Future for PermitFuture<'_, F> {
    type Output = F::Output;

    // B18: the thread lists the probe as running only during a poll, so tasks that run between two
    // polls are not nested in it.
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _span = this.span.get_or_make(|| this.breaker.span()).enter();
        let _entered = EnteredCall::new(this.breaker, *this.ticket);
        let breaker = *this.breaker;
        this.timer.poll(|| Some(breaker.name()), || this.future.poll(cx))
    }
}

debug_fields!(PermitFuture<'permit, F> {});
