//! The future of a call, together with the permit of the call.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::call_timer::CallTimer;
use super::owned_permit::OwnedPermit;
use crate::signal::debug_fields;
use crate::telemetry::LazySpan;

pin_project! {
    /// The future of a call that owns the permit of the call, from
    /// [`OwnedPermit::run`]. It resolves to the output of the call and the
    /// permit.
    ///
    /// # Cancel safety
    ///
    /// Dropping this future drops the call and its permit, so the call is abandoned.
    /// [`take_permit`](Self::take_permit) takes the permit out before.
    #[must_use = "futures do nothing unless awaited"]
    pub struct OwnedPermitFuture<F> {
        permit: Option<OwnedPermit>,
        span: LazySpan,
        timer: CallTimer,
        #[pin]
        future: F,
    }
}

impl OwnedPermit {
    /// Runs the call of this permit as a future that owns the permit, for futures that are written
    /// by hand. `call` makes the future of the call. Calls inside `call` and inside its future are
    /// nested: see [`Permit::within`](super::Permit::within). If one of the two panics, the call is
    /// a failure.
    ///
    /// ```
    /// use resilient_core::breaker::CircuitBreaker;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let breaker = CircuitBreaker::default();
    /// let (output, permit) = breaker.try_acquire_owned()?.run(async || Ok::<_, ()>(42)).await;
    /// permit.report_output(&output);
    /// # Ok::<(), resilient_core::breaker::CircuitOpen>(()) }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the call and the permit: the call is abandoned.
    pub fn run<F: Future>(self, call: impl FnOnce() -> F) -> OwnedPermitFuture<F> {
        let future = {
            let _entered = self.enter();
            call()
        };
        OwnedPermitFuture { permit: Some(self), span: LazySpan::NEW, timer: CallTimer::NEW, future }
    }
}

impl<F> OwnedPermitFuture<F> {
    /// Takes the permit out of a call that is about to be dropped. Returns `None` if the call has
    /// ended. The future must not be polled afterwards.
    #[must_use]
    pub fn take_permit(self: Pin<&mut Self>) -> Option<OwnedPermit> {
        self.project().permit.take()
    }
}

impl<F: Future> Future for OwnedPermitFuture<F> {
    type Output = (F::Output, OwnedPermit);

    // B18
    /// Polls the call.
    ///
    /// # Panics
    ///
    /// Panics if the call has ended, or if its permit was taken.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A permit that is dropped while its thread unwinds is a failure. The future itself is
        // dropped later if the panic is caught around the poll.
        let permit = this.permit.take().expect("the call has ended");
        let output = {
            let _span = this.span.get_or_make(|| permit.span()).enter();
            let _entered = permit.enter();
            this.timer.poll(|| Some(permit.shared_name()), || this.future.poll(cx))
        };
        match output {
            Poll::Ready(output) => Poll::Ready((output, permit)),
            Poll::Pending => {
                *this.permit = Some(permit);
                Poll::Pending
            }
        }
    }
}

debug_fields!(OwnedPermitFuture<F> { permit });
