//! The layers that limit the time of calls.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use resilient::deadline::{self, CallerContext, DeadlineScope, TimeoutFuture};
use resilient::retries::FromTimedOut;
use tower_layer::Layer;
use tower_service::Service;

/// Declares a layer with a time, its service, and the future of its calls.
macro_rules! time_layer {
    (
        $(#[$layer_doc:meta])* layer $layer:ident;
        $(#[$service_doc:meta])* service $service:ident;
        $(#[$future_doc:meta])* future $future:ident of $limited:ident;
    ) => {
        $(#[$layer_doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $layer {
            time: Duration,
        }

        impl $layer {
            /// Limits each call to `time`. `Duration::MAX` is no limit.
            #[must_use]
            pub fn new(time: Duration) -> Self {
                Self { time }
            }
        }

        impl<S> Layer<S> for $layer {
            type Service = $service<S>;

            fn layer(&self, inner: S) -> $service<S> {
                $service { inner, time: self.time }
            }
        }

        $(#[$service_doc])*
        #[derive(Debug, Clone)]
        pub struct $service<S> {
            inner: S,
            time: Duration,
        }

        impl<S> $service<S> {
            /// Returns the inner service.
            pub fn get_ref(&self) -> &S {
                &self.inner
            }
        }

        pin_project! {
            $(#[$future_doc])*
            #[must_use = "futures do nothing unless awaited"]
            pub struct $future<F> {
                #[pin]
                limited: $limited<F>,
            }
        }

        impl<F> fmt::Debug for $future<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($future)).finish_non_exhaustive()
            }
        }
    };
}

time_layer! {
    // C4
    /// Limits the time of each call of a service, from `call` to the response. A call that takes
    /// longer is cancelled, and returns the error that is made from
    /// [`TimedOut`](resilient::TimedOut).
    ///
    /// Put it below a [`BreakerLayer`](crate::BreakerLayer), so that a dependency that hangs opens
    /// its circuit. Retries and other layers below know the limit as their
    /// [deadline](resilient::deadline).
    ///
    /// ```
    /// use resilient::TimedOut;
    /// use resilient_tower::TimeoutLayer;
    /// use std::time::Duration;
    /// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let hangs = ServiceBuilder::new()
    ///     .layer(TimeoutLayer::new(Duration::from_secs(2)))
    ///     .service(service_fn(|()| std::future::pending::<Result<(), BoxError>>()));
    /// let error = hangs.oneshot(()).await.unwrap_err();
    /// assert!(error.is::<TimedOut>());
    /// # }
    /// ```
    layer TimeoutLayer;
    /// A service whose calls have a time limit. [`TimeoutLayer`] makes it. `poll_ready` is that of
    /// the inner service, and is not limited.
    ///
    /// # Errors
    ///
    /// The errors are those of the inner service, and the error that is made from
    /// [`TimedOut`](resilient::TimedOut). If there is no async runtime with timers, the call
    /// returns that error with [`TimeLimit::NoTimer`](resilient::retries::TimeLimit).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the call.
    service Timeout;
    /// The future of a call through a [`Timeout`].
    future TimedFuture of TimeoutFuture;
}

time_layer! {
    // D1, D3
    /// Opens a [deadline scope](resilient::deadline) around each call of a service: retries and
    /// time limits in the call know the deadline. An earlier deadline of the code around applies.
    /// At the deadline, the call is cancelled and returns the error that is made from
    /// [`TimedOut`](resilient::TimedOut). If no time is left, the inner service is not called.
    ///
    /// Put it at the top: on a server, or around a client with retries. To breakers below, a call
    /// that the deadline ends is abandoned, so a caller with little time cannot open a circuit.
    ///
    /// ```
    /// use resilient::deadline;
    /// use resilient_tower::DeadlineLayer;
    /// use std::time::Duration;
    /// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), BoxError> {
    /// let service = ServiceBuilder::new()
    ///     .layer(DeadlineLayer::new(Duration::from_secs(5)))
    ///     .service(service_fn(async |()| Ok::<_, BoxError>(deadline::remaining())));
    /// assert_eq!(service.oneshot(()).await?, Some(Duration::from_secs(5)));
    /// # Ok(()) }
    /// ```
    layer DeadlineLayer;
    /// A service whose calls have a deadline. [`DeadlineLayer`] makes it. `poll_ready` is that of
    /// the inner service, and is not limited.
    ///
    /// # Errors
    ///
    /// The errors are those of the inner service, and the error that is made from
    /// [`TimedOut`](resilient::TimedOut). If there is no async runtime with timers, the call
    /// returns that error with [`TimeLimit::NoTimer`](resilient::retries::TimeLimit).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the call.
    service Deadline;
    /// The future of a call through a [`Deadline`].
    future DeadlineFuture of DeadlineCall;
}

type DeadlineCall<F> = DeadlineScope<Started<F>>;

impl<Req, S> Service<Req> for Timeout<S>
where
    S: Service<Req>,
    S::Error: FromTimedOut,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TimedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        // `call` of the inner service runs within the limit, too.
        let call = deadline::scope_blocking(self.time, || self.inner.call(request));
        TimedFuture { limited: TimeoutFuture::after(self.time, call) }
    }
}

impl<F, T, E> Future for TimedFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: FromTimedOut,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let limited = self.project().limited.poll(cx);
        limited.map(|output| output.unwrap_or_else(|cut| Err(E::timed_out(cut.timed_out()))))
    }
}

impl<Req, S> Service<Req> for Deadline<S>
where
    S: Service<Req>,
    S::Error: FromTimedOut,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let context = CallerContext::new().time_left(self.time);
        let future = context.scope_blocking(|| {
            let is_over = deadline::remaining().is_some_and(|left| left.is_zero());
            (!is_over).then(|| self.inner.call(request))
        });
        DeadlineFuture { limited: context.scope(Started { future }) }
    }
}

impl<F, T, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: FromTimedOut,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let limited = self.project().limited.poll(cx);
        limited.map(|output| output.unwrap_or_else(|timed_out| Err(E::timed_out(timed_out))))
    }
}

pin_project! {
    /// A call that has not started if no time was left. Then the scope ends before it is polled.
    #[doc(hidden)]
    #[derive(Debug)]
    pub struct Started<F> {
        #[pin]
        future: Option<F>,
    }
}

impl<F: Future> Future for Started<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx))
    }
}
