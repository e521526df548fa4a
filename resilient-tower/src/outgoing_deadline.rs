//! The client's side of deadlines and attempts: the layer that tells them to the server.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use pin_project_lite::pin_project;
use resilient::TimedOut;
use resilient::deadline::{HopFormat, SEND_MARGIN, time_to_send};
use resilient::retries::{FromTimedOut, attempt_number};
use tower_layer::Layer;
use tower_service::Service;

const HTTP: HopFormat = HopFormat::Http;

// D8
/// Tells the server of each request how long its caller waits, and which attempt it is. A server
/// reads this with an [`IncomingDeadlineLayer`](crate::IncomingDeadlineLayer).
///
/// Put it below retries and time limits, next to the client. The service that the layer makes is
/// [`OutgoingDeadline`].
///
/// ```
/// use http::Request;
/// use resilient::deadline;
/// use resilient_tower::OutgoingDeadlineLayer;
/// use std::time::Duration;
/// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let client = ServiceBuilder::new()
///     .layer(OutgoingDeadlineLayer::new())
///     .service(service_fn(async |request: Request<()>| Ok::<_, BoxError>(request)));
/// let call = deadline::scope(Duration::from_secs(1), client.oneshot(Request::new(())));
/// assert_eq!(call.await??.headers()["x-envoy-expected-rq-timeout-ms"], "995");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct OutgoingDeadlineLayer {
    margin: Duration,
    time_header: HeaderName,
    attempt_header: HeaderName,
}

impl OutgoingDeadlineLayer {
    /// Writes the usual headers of HTTP: see [`HopFormat::Http`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            margin: SEND_MARGIN,
            time_header: HeaderName::from_static(HTTP.time_header()),
            attempt_header: HeaderName::from_static(HTTP.attempt_header()),
        }
    }

    /// Sets by how much earlier than the deadline the server should end, so that its response
    /// arrives in time. Default: 5 ms, for the reason at [`SEND_MARGIN`].
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Sets the names of the two headers. Their values have the same format under every name.
    #[must_use]
    pub fn headers(mut self, time: HeaderName, attempt: HeaderName) -> Self {
        (self.time_header, self.attempt_header) = (time, attempt);
        self
    }

    /// Writes the headers, or returns an error if no time is left.
    pub(crate) fn write(&self, headers: &mut HeaderMap) -> Result<(), TimedOut> {
        if let Some(time) = time_to_send(self.margin)? {
            let own = headers.get(&self.time_header);
            let own = own.and_then(|own| HTTP.read_time(own.as_bytes()));
            let time = own.map_or(time, |own| own.min(time));
            put(headers, &self.time_header, &HTTP.write_time(time));
        }
        let number = attempt_number();
        if number > 1 {
            put(headers, &self.attempt_header, &HTTP.write_attempt(number));
        }
        Ok(())
    }
}

fn put(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
    // The value has only digits.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

impl Default for OutgoingDeadlineLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for OutgoingDeadlineLayer {
    type Service = OutgoingDeadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        OutgoingDeadline { inner, layer: self.clone() }
    }
}

/// A service that tells the server of each request how long its caller waits, and which attempt it
/// is. [`OutgoingDeadlineLayer`] makes it.
///
/// | header | value |
/// |---|---|
/// | `x-envoy-expected-rq-timeout-ms` | the time until the [deadline](resilient::deadline) of the code that calls the service, less the [margin](OutgoingDeadlineLayer::margin); a shorter time in the request stays |
/// | `x-envoy-attempt-count` | the [number of the attempt](resilient::retries::attempt_number), from the second attempt on |
///
/// Without a deadline and in a first attempt, the request stays as it is. The headers go to every
/// host that this service sends to, so use it only for servers that may know them.
///
/// # Errors
///
/// The errors are those of the inner service, and the error that is made from [`TimedOut`] if the
/// margin leaves less than a millisecond. Then nothing is sent, and a clone replaces the inner
/// service, so that a place that it reserved is released.
///
/// # Cancel safety
///
/// Dropping the future drops the call.
#[derive(Debug, Clone)]
pub struct OutgoingDeadline<S> {
    inner: S,
    layer: OutgoingDeadlineLayer,
}

impl<S> OutgoingDeadline<S> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<B, S> Service<Request<B>> for OutgoingDeadline<S>
where
    S: Service<Request<B>> + Clone,
    S::Error: FromTimedOut,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = OutgoingDeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.layer.write(request.headers_mut()) {
            Ok(()) => OutgoingDeadlineFuture::Sent { call: self.inner.call(request) },
            Err(timed_out) => {
                self.inner = self.inner.clone();
                OutgoingDeadlineFuture::NotSent { timed_out: Some(timed_out) }
            }
        }
    }
}

pin_project! {
    /// The future of a request through an [`OutgoingDeadline`].
    #[project = OutgoingDeadlineFutureProjection]
    #[must_use = "futures do nothing unless awaited"]
    pub enum OutgoingDeadlineFuture<F> {
        #[doc(hidden)]
        Sent {
            #[pin]
            call: F,
        },
        #[doc(hidden)]
        NotSent { timed_out: Option<TimedOut> },
    }
}

impl<F, T, E> Future for OutgoingDeadlineFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: FromTimedOut,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            OutgoingDeadlineFutureProjection::Sent { call } => call.poll(cx),
            OutgoingDeadlineFutureProjection::NotSent { timed_out } => {
                let timed_out = timed_out.take().expect("the future is polled after its end");
                Poll::Ready(Err(E::timed_out(timed_out)))
            }
        }
    }
}

impl<F> fmt::Debug for OutgoingDeadlineFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingDeadlineFuture").finish_non_exhaustive()
    }
}
