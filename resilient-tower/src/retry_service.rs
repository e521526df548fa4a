//! The service that sends a request again if the call failed.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use resilient::retries::{AttemptEnd, OwnedRetryDriver, StopReason};
use resilient::{CircuitBreaker, CircuitOpen, Classification};
use tower_layer::Layer;
use tower_service::Service;

use crate::classifier::{BySource, ResultClassifier};
use crate::limit_error::{LimitError, NoLimits};
use crate::request_copy::{CloneRequest, RequestCopy};
use crate::retry_layer::RetryLayer;
use crate::watched_circuit::{NoCircuit, WatchedCircuit};

/// A service that sends a request again if the call failed. [`RetryLayer`] makes it.
///
/// `poll_ready` is that of the inner service. `call` moves the inner service, which is ready, into
/// the future of the call, and leaves a clone in its place. The first attempt starts when the
/// future is polled. Before each retry, the call waits until its inner service is ready again, so
/// retries respect its back pressure. The wait is a part of the attempt.
///
/// If the inner service reports an error instead of being ready, the call ends with that error. A
/// failed response (`Ok`) is dropped before the sleep, so that its connection is free. A failed
/// error is kept until the next attempt has ended, and returned if a breaker rejects that attempt.
///
/// # Errors
///
/// The call returns the result of its last attempt, and after a time limit the error that is made
/// from [`TimedOut`](resilient::TimedOut).
///
/// # Cancel safety
///
/// Dropping the future ends the sleep, or drops the running attempt. No attempt follows.
pub struct Retry<S, C = BySource, Q = CloneRequest, L = NoLimits, W = NoCircuit> {
    inner: S,
    layer: RetryLayer<C, Q, L, W>,
}

impl<S, C, Q, L, W> Layer<S> for RetryLayer<C, Q, L, W> {
    type Service = Retry<S, C, Q, L, W>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry { inner, layer: self.clone() }
    }
}

impl<S, C, Q, L, W> Retry<S, C, Q, L, W> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<Req, S, C, Q, L, W> Service<Req> for Retry<S, C, Q, L, W>
where
    S: Service<Req> + Clone,
    C: ResultClassifier<S::Response, S::Error>,
    Q: RequestCopy<Req>,
    L: LimitError<S::Error>,
    W: WatchedCircuit<Req>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RetryFuture<S, Req, C, Q, L, W>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let clone = self.inner.clone();
        let service = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        RetryFuture {
            driver: OwnedRetryDriver::start(layer.setup.clone()),
            attempt: Attempt {
                copy: layer.rules.copy.copy(&request),
                request: Some(request),
                service,
                is_ready: true,
                response: None,
            },
            layer,
            last: None,
        }
    }
}

impl<S: Clone, C, Q, L, W> Clone for Retry<S, C, Q, L, W> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, C, Q, L, W> fmt::Debug for Retry<S, C, Q, L, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

pin_project! {
    /// The future of a call through a [`Retry`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct RetryFuture<S: Service<Req>, Req, C, Q, L, W> {
        layer: RetryLayer<C, Q, L, W>,
        #[pin]
        driver: OwnedRetryDriver,
        #[pin]
        attempt: Attempt<S, S::Future, Req>,
        // The error of the last attempt that ran.
        last: Option<S::Error>,
    }
}

pin_project! {
    /// The present attempt, or the next one during a sleep.
    struct Attempt<S, F, Req> {
        service: S,
        is_ready: bool,
        // `None` after the service was called.
        request: Option<Req>,
        // `None` if the request cannot be sent again.
        copy: Option<Req>,
        #[pin]
        response: Option<F>,
    }
}

/// What came of an attempt.
enum AttemptResult<T, E> {
    Called(Result<T, E>),
    /// The service reported an error instead of being ready.
    NotReady(E),
}

impl<S: Service<Req>, Req> Attempt<S, S::Future, Req> {
    /// Waits until the service is ready, calls it, and waits for the response.
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<AttemptResult<S::Response, S::Error>> {
        let mut this = self.project();
        if this.response.is_none() {
            if !*this.is_ready {
                if let Err(error) = ready!(this.service.poll_ready(cx)) {
                    return Poll::Ready(AttemptResult::NotReady(error));
                }
            }
            *this.is_ready = false;
            let request = this.request.take().expect("the future is polled after its end");
            this.response.set(Some(this.service.call(request)));
        }
        let Some(response) = this.response.as_mut().as_pin_mut() else {
            unreachable!("the response was set above");
        };
        response.poll(cx).map(AttemptResult::Called)
    }
}

impl<S, Req, C, Q, L, W> Future for RetryFuture<S, Req, C, Q, L, W>
where
    S: Service<Req>,
    C: ResultClassifier<S::Response, S::Error>,
    Q: RequestCopy<Req>,
    L: LimitError<S::Error>,
    W: WatchedCircuit<Req>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let rules = &this.layer.rules;
        loop {
            ready!(this.driver.as_mut().poll_sleep(cx));
            let polled = this.driver.as_mut().poll_attempt(cx, |cx| this.attempt.as_mut().poll(cx));
            let attempt = ready!(polled);
            let mut state = this.attempt.as_mut().project();
            let circuit = || state.copy.as_ref().and_then(|copy| rules.circuit.circuit(copy));
            let open_now = |circuit: &Option<CircuitBreaker>| {
                circuit.as_ref().and_then(CircuitBreaker::open_now)
            };
            // The result, whether the inner service was called, and what follows.
            let (result, has_run, circuit, next) = match attempt {
                Err(cut) => {
                    cut.cancel(|| state.response.set(None));
                    let timed_out = cut.timed_out();
                    let circuit = circuit();
                    let excepted = state.copy.is_none();
                    let end = AttemptEnd::Cut { limit: timed_out.limit(), excepted };
                    let next = this.driver.as_mut().after(end, open_now(&circuit).as_ref());
                    (Err(rules.limits.timed_out(timed_out)), true, circuit, next)
                }
                Ok(AttemptResult::NotReady(error)) => {
                    let end = AttemptEnd::Failed(Classification::permanent());
                    let next = this.driver.as_mut().after(end, None);
                    (Err(error), true, None, next)
                }
                Ok(AttemptResult::Called(result)) => {
                    state.response.set(None);
                    let Some(mut class) = rules.classifier.classify(result.as_ref()) else {
                        this.driver.as_mut().succeeded();
                        return Poll::Ready(result);
                    };
                    let circuit = circuit();
                    let error = result.as_ref().err();
                    let rejection = error.and_then(|error| rules.classifier.rejection(error));
                    // If the breaker below is known, the rejection by another one is a failure.
                    let is_below = |open: &&CircuitOpen| {
                        let known = circuit.as_ref().map(|it| (it.name(), it.key()));
                        known.is_none_or(|known| known == (open.breaker(), open.key()))
                    };
                    let rejection = rejection.filter(is_below);
                    let end = match rejection {
                        Some(open) if state.copy.is_some() => AttemptEnd::Rejected(open),
                        Some(_) => AttemptEnd::NotStarted(StopReason::CircuitOpen),
                        None => {
                            class.retry &= state.copy.is_some();
                            AttemptEnd::Failed(class)
                        }
                    };
                    let has_run = rejection.is_none();
                    let next = this.driver.as_mut().after(end, open_now(&circuit).as_ref());
                    (result, has_run, circuit, next)
                }
            };
            match next {
                Err(_) if has_run => return Poll::Ready(result),
                Err(_) => return Poll::Ready(this.last.take().map_or(result, Err)),
                Ok(delay) => {
                    if has_run {
                        *this.last = result.err();
                    }
                    *state.request = state.copy.take();
                    *state.copy = state.request.as_ref().and_then(|it| rules.copy.copy(it));
                    this.driver.as_mut().begin_sleep(delay, circuit.as_ref());
                }
            }
        }
    }
}

impl<S: Service<Req>, Req, C, Q, L, W> fmt::Debug for RetryFuture<S, Req, C, Q, L, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture")
            .field("attempt", &self.driver.attempt_number())
            .finish_non_exhaustive()
    }
}
