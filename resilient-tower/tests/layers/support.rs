//! Services that tests control, and calls that tests poll by hand.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use resilient::CircuitBreaker;
use resilient_testkit::{Calls, pause};
use tower::{BoxError, Service};

/// A service of a closure, which counts its calls.
pub(crate) struct Counted<F> {
    pub(crate) calls: Arc<Calls>,
    run: Arc<F>,
}

impl<F> Clone for Counted<F> {
    fn clone(&self) -> Self {
        Self { calls: Arc::clone(&self.calls), run: Arc::clone(&self.run) }
    }
}

impl<F> fmt::Debug for Counted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted")
    }
}

/// Returns a service that is always ready. `run` gets the number of the call, from 1.
pub(crate) fn counted<F, R>(run: F) -> Counted<F>
where
    F: Fn(u32) -> R,
{
    Counted { calls: Arc::default(), run: Arc::new(run) }
}

impl<F, R, T, E, Req> Service<Req> for Counted<F>
where
    F: Fn(u32) -> R,
    R: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = R;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Req) -> R {
        (self.run)(self.calls.next())
    }
}

/// Returns a service whose calls succeed after `polls` polls without a result.
pub(crate) fn slow(polls: u32) -> Counted<impl Fn(u32) -> Call> {
    counted(move |number| -> Call {
        Box::pin(async move {
            pause(polls).await;
            Ok(number)
        })
    })
}

/// A call of the service that [`slow`] returns.
pub(crate) type Call = Pin<Box<dyn Future<Output = Result<u32, BoxError>> + Send>>;

/// Polls a service for readiness, once.
pub(crate) fn poll_ready<S: Service<Req>, Req>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Calls a service that is ready.
#[track_caller]
pub(crate) fn call<S: Service<Req>, Req>(service: &mut S, request: Req) -> S::Future {
    assert!(matches!(poll_ready(service), Poll::Ready(Ok(()))), "the service must be ready");
    service.call(request)
}

/// Returns how many calls were reported as (success, failure, ignored, abandoned).
pub(crate) fn ends(breaker: &CircuitBreaker) -> [u64; 4] {
    let totals = breaker.snapshot().totals;
    [totals.success, totals.failure, totals.ignored, totals.abandoned]
}
