//! The service that passes its calls through a circuit breaker.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use resilient::CircuitBreaker;
use resilient::breaker::OwnedPermitFuture;
use resilient::retries::report_cancelled;
use tower_layer::Layer;
use tower_service::Service;

use crate::breaker_layer::BreakerLayer;
use crate::breaker_source::BreakerSource;
use crate::call_report::{ByResult, CallReport};
use crate::rejection::{IntoError, RejectedResult};

/// A service that passes its calls through a circuit breaker. [`BreakerLayer`] makes it.
///
/// `poll_ready` is that of the inner service. A call asks for its permit in `call`, so a service
/// that is ready and never called holds no permit. `call` of the inner service, and its future, run
/// within the permit: calls through the same breaker inside are nested.
///
/// If the breaker rejects the call, the inner service is not called. What it has reserved in
/// `poll_ready`, such as a place under a concurrency limit, is released, because a clone replaces
/// the inner service. So the inner service must be `Clone`.
///
/// A call that panics is a failure. The requests of clones pass through the same breaker.
///
/// # Errors
///
/// The errors are those of the inner service, and the error that is made from
/// [`CircuitOpen`](resilient::CircuitOpen) if the breaker rejects the call.
///
/// # Cancel safety
///
/// Dropping the future drops the call, which counts as abandoned. If a time limit of the
/// [`RetryLayer`](crate::RetryLayer) above ended the attempt, and the attempt had its full time, it
/// is a failure, so that a dependency that hangs opens its circuit. Other time limits belong below
/// the breaker, as in [the stack](crate#the-order-of-the-layers).
#[derive(Clone)]
pub struct Breaker<S, B = CircuitBreaker, P = ByResult, J = IntoError> {
    inner: S,
    layer: BreakerLayer<B, P, J>,
}

impl<S, B: Clone, P: Clone, J: Clone> Layer<S> for BreakerLayer<B, P, J> {
    type Service = Breaker<S, B, P, J>;

    fn layer(&self, inner: S) -> Self::Service {
        Breaker { inner, layer: self.clone() }
    }
}

impl<S, B, P, J> Breaker<S, B, P, J> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<Req, S, B, P, J> Service<Req> for Breaker<S, B, P, J>
where
    S: Service<Req> + Clone,
    B: BreakerSource<Req>,
    P: CallReport<S::Response, S::Error> + Clone,
    J: RejectedResult<S::Response, S::Error>,
{
    type Response = P::Response;
    type Error = S::Error;
    type Future = BreakerFuture<S::Future, P, Result<P::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let Self { inner, layer } = self;
        match layer.breakers.breaker(&request).try_acquire_owned() {
            Ok(permit) => {
                let call = permit.run(|| inner.call(request));
                BreakerFuture::Running { call, report: layer.report.clone() }
            }
            Err(open) => {
                *inner = inner.clone();
                let output = layer.report.ended(None, layer.rejection.rejected(open));
                BreakerFuture::Rejected { output: Some(output) }
            }
        }
    }
}

impl<S: fmt::Debug, B: fmt::Debug, P, J> fmt::Debug for Breaker<S, B, P, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

pin_project! {
    /// The future of a call through a [`Breaker`].
    #[project = BreakerFutureProjection]
    #[must_use = "futures do nothing unless awaited"]
    pub enum BreakerFuture<F, P, O> {
        #[doc(hidden)]
        Running {
            #[pin]
            call: OwnedPermitFuture<F>,
            report: P,
        },
        #[doc(hidden)]
        Rejected { output: Option<O> },
    }

    // C2
    impl<F, P, O> PinnedDrop for BreakerFuture<F, P, O> {
        fn drop(this: Pin<&mut Self>) {
            if let BreakerFutureProjection::Running { call, .. } = this.project() {
                if let Some(permit) = call.take_permit() {
                    report_cancelled(permit);
                }
            }
        }
    }
}

impl<F, P, T, E> Future for BreakerFuture<F, P, Result<P::Response, E>>
where
    F: Future<Output = Result<T, E>>,
    P: CallReport<T, E>,
{
    type Output = Result<P::Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            BreakerFutureProjection::Running { call, report } => {
                let (result, permit) = ready!(call.poll(cx));
                Poll::Ready(report.ended(Some(permit), result))
            }
            BreakerFutureProjection::Rejected { output } => {
                Poll::Ready(output.take().expect("the future is polled after its end"))
            }
        }
    }
}

impl<F, P, O> fmt::Debug for BreakerFuture<F, P, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerFuture").finish_non_exhaustive()
    }
}
