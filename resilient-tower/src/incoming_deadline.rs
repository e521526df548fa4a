//! The server's side of deadlines and attempts: the layer that takes them over from the caller.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use pin_project_lite::pin_project;
use resilient::TimedOut;
use resilient::deadline::{CallerContext, DeadlineScope, HopCounts, HopFormat, HopReader};
use tower_layer::Layer;
use tower_service::Service;

use crate::refusal::{Respond, TimedOutResult};
use crate::rejection::IntoError;

// D7
/// Runs each request of a server with the deadline and the attempt number of its caller, which an
/// [`OutgoingDeadlineLayer`](crate::OutgoingDeadlineLayer), a client of `resilient-http` or the
/// proxy Envoy has written. Retries, time limits and clients below know the deadline.
///
/// | setting | default |
/// |---|---|
/// | [`max`](Self::max) | no limit for a caller that sends no time |
/// | [`headers`](Self::headers) | `x-envoy-expected-rq-timeout-ms` and `x-envoy-attempt-count` |
/// | [`leave_retries_to_callers`](Self::leave_retries_to_callers) | retries below retry |
/// | [`respond`](Self::respond), [`on_timed_out`](Self::on_timed_out) | the error of the service, made from [`TimedOut`] |
///
/// The service that the layer makes is [`IncomingDeadline`].
///
/// ```
/// use http::{Request, Response};
/// use resilient::deadline;
/// use resilient_tower::IncomingDeadlineLayer;
/// use std::convert::Infallible;
/// use std::time::Duration;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = ServiceBuilder::new()
///     .layer(IncomingDeadlineLayer::new().max(Duration::from_secs(10)).respond())
///     .service(service_fn(async |_: Request<()>| {
///         Ok::<_, Infallible>(Response::new(format!("{:?}", deadline::remaining())))
///     }));
/// let request = Request::builder().header("x-envoy-expected-rq-timeout-ms", "800").body(())?;
/// assert_eq!(server.oneshot(request).await?.body(), "Some(800ms)");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct IncomingDeadlineLayer<J = IntoError> {
    reader: HopReader,
    time_header: HeaderName,
    attempt_header: HeaderName,
    result: J,
}

impl IncomingDeadlineLayer {
    /// Reads the usual headers of HTTP: see [`HopFormat::Http`].
    #[must_use]
    pub fn new() -> Self {
        const HTTP: HopFormat = HopFormat::Http;
        Self {
            reader: HopReader::new(HTTP),
            time_header: HeaderName::from_static(HTTP.time_header()),
            attempt_header: HeaderName::from_static(HTTP.attempt_header()),
            result: IntoError,
        }
    }
}

impl Default for IncomingDeadlineLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<J> IncomingDeadlineLayer<J> {
    /// Sets the longest time of a request. It is also the time of a caller that sends none. No
    /// caller can make a request longer. Zero refuses all requests. Default: no limit.
    #[must_use]
    pub fn max(mut self, time: Duration) -> Self {
        self.reader = self.reader.max(time);
        self
    }

    /// Sets the names of the two headers. Their values have the same format under every name.
    #[must_use]
    pub fn headers(mut self, time: HeaderName, attempt: HeaderName) -> Self {
        self.reader = self.reader.headers(time.as_str(), attempt.as_str());
        (self.time_header, self.attempt_header) = (time, attempt);
        self
    }

    /// Leaves retries to callers that retry: if a request is the second attempt or a later one, a
    /// retry below makes a single attempt, unless it has `nested = allow`. Default: retries below
    /// retry.
    #[must_use]
    pub fn leave_retries_to_callers(mut self) -> Self {
        self.reader = self.reader.leave_retries_to_callers();
        self
    }

    /// Responds with 504 and a short text at the deadline, for servers whose errors are
    /// `Infallible`, such as a router of axum. The body must have `From<&'static str>`.
    #[must_use]
    pub fn respond(self) -> IncomingDeadlineLayer<Respond> {
        self.result(Respond)
    }

    /// Sets what a request returns at the deadline.
    pub fn on_timed_out<T, E, F>(self, timed_out: F) -> IncomingDeadlineLayer<F>
    where
        F: Fn(TimedOut) -> Result<T, E>,
    {
        self.result(timed_out)
    }

    /// Returns how many requests were refused because their time was up, and how many had a header
    /// that could not be read. Clones of the layer share the counts.
    #[must_use]
    pub fn counts(&self) -> HopCounts {
        self.reader.counts()
    }

    fn result<K>(self, result: K) -> IncomingDeadlineLayer<K> {
        let Self { reader, time_header, attempt_header, .. } = self;
        IncomingDeadlineLayer { reader, time_header, attempt_header, result }
    }

    fn caller(&self, headers: &HeaderMap) -> Result<CallerContext, TimedOut> {
        let values = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
        self.reader.read(values(&self.time_header), values(&self.attempt_header))
    }
}

impl<S, J: Clone> Layer<S> for IncomingDeadlineLayer<J> {
    type Service = IncomingDeadline<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        IncomingDeadline { inner, layer: self.clone() }
    }
}

/// A service that runs each request with the deadline and the attempt number of its caller.
/// [`IncomingDeadlineLayer`] makes it.
///
/// - A caller can shorten its request, and never make it longer than the server's
///   [`max`](IncomingDeadlineLayer::max).
/// - A request whose time is up does not reach the inner service. It is counted and reported: see
///   [`HopReader`](resilient::deadline::HopReader). So are headers that cannot be read or occur
///   twice; they are ignored.
/// - At the deadline, the inner service's future is dropped. To a breaker below, a call that the
///   caller's deadline cuts is abandoned, so a caller with little time cannot open a circuit.
/// - The deadline ends with the head of the response. A body that is streamed afterwards is not
///   cut.
///
/// `poll_ready` is that of the inner service. If the request is refused, a clone replaces the inner
/// service, so that a place that it reserved is released.
///
/// # Cancel safety
///
/// Dropping the future drops the inner service's future.
#[derive(Debug, Clone)]
pub struct IncomingDeadline<S, J = IntoError> {
    inner: S,
    layer: IncomingDeadlineLayer<J>,
}

impl<S, J> IncomingDeadline<S, J> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<B, S, J> Service<Request<B>> for IncomingDeadline<S, J>
where
    S: Service<Request<B>> + Clone,
    J: TimedOutResult<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = IncomingDeadlineFuture<S::Future, J>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let result = self.layer.result.clone();
        match self.layer.caller(request.headers()) {
            Ok(caller) => {
                // `call` of the inner service runs in the context, too.
                let call = caller.scope_blocking(|| self.inner.call(request));
                IncomingDeadlineFuture::Running { call: caller.scope(call), result }
            }
            Err(timed_out) => {
                self.inner = self.inner.clone();
                IncomingDeadlineFuture::Refused { refused: Some((timed_out, result)) }
            }
        }
    }
}

pin_project! {
    /// The future of a request through an [`IncomingDeadline`].
    #[project = IncomingDeadlineFutureProjection]
    #[must_use = "futures do nothing unless awaited"]
    pub enum IncomingDeadlineFuture<F, J> {
        #[doc(hidden)]
        Running {
            #[pin]
            call: DeadlineScope<F>,
            result: J,
        },
        #[doc(hidden)]
        Refused { refused: Option<(TimedOut, J)> },
    }
}

impl<F, J, T, E> Future for IncomingDeadlineFuture<F, J>
where
    F: Future<Output = Result<T, E>>,
    J: TimedOutResult<T, E>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project() {
            IncomingDeadlineFutureProjection::Running { call, result } => {
                ready!(call.poll(cx)).unwrap_or_else(|timed_out| result.timed_out(timed_out))
            }
            IncomingDeadlineFutureProjection::Refused { refused } => {
                let (timed_out, result) =
                    refused.take().expect("the future is polled after its end");
                result.timed_out(timed_out)
            }
        })
    }
}

impl<F, J> fmt::Debug for IncomingDeadlineFuture<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingDeadlineFuture").finish_non_exhaustive()
    }
}
