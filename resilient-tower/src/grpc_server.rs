//! The server's side of gRPC deadlines and attempts.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use resilient::TimedOut;
use resilient::deadline::{CallerContext, DeadlineScope, HopCounts, HopFormat, HopReader};
use tonic::Status;
use tower_layer::Layer;
use tower_service::Service;

use crate::grpc_error::GrpcError;
use crate::grpc_server_body::GrpcServerBody;

/// How much earlier than the caller's deadline a handler ends. tonic itself ends the call at the
/// deadline, with the code `Cancelled`, so the handler must end before.
const AHEAD: Duration = Duration::from_millis(2);

/// Runs the handlers of a gRPC server with the deadline and the attempt number of the caller.
///
/// The service that the layer makes is a [`GrpcServer`].
///
/// ```
/// use std::time::Duration;
///
/// use resilient_tower::GrpcServerLayer;
/// use tonic::transport::Server;
///
/// let server = Server::builder().layer(GrpcServerLayer::new().max(Duration::from_secs(10)));
/// # let _ = server;
/// ```
#[derive(Debug, Clone)]
pub struct GrpcServerLayer {
    reader: HopReader,
    max: Duration,
}

impl GrpcServerLayer {
    /// Makes a layer without a limit for callers that set none.
    #[must_use]
    pub fn new() -> Self {
        Self { reader: HopReader::new(HopFormat::Grpc), max: Duration::MAX }
    }

    /// Sets the longest time for a call. It is also the time of a caller that sends none. Default:
    /// no limit.
    #[must_use]
    pub fn max(mut self, time: Duration) -> Self {
        self.max = time;
        self.reader = self.reader.max(time);
        self
    }

    /// Leaves retries to callers that retry: if a call is the second attempt or a later one, a
    /// retry below the handler makes a single attempt, unless it has `nested = allow`. Default:
    /// retries below retry.
    #[must_use]
    pub fn leave_retries_to_callers(mut self) -> Self {
        self.reader = self.reader.leave_retries_to_callers();
        self
    }

    /// Returns how many calls were refused because their time was over, and how many had metadata
    /// that could not be read.
    #[must_use]
    pub fn counts(&self) -> HopCounts {
        self.reader.counts()
    }

    // D6, D7
    /// Returns what the caller has said, with the time counted from now.
    fn caller(&self, headers: &HeaderMap) -> Result<CallerContext, TimedOut> {
        let values = |name| headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let (time, attempt) = (HopFormat::Grpc.time_header(), HopFormat::Grpc.attempt_header());
        let caller = self.reader.read(values(time), values(attempt))?;
        Ok(match only(values(time)).and_then(|value| HopFormat::Grpc.read_time(value)) {
            Some(sent) if sent <= self.max => {
                caller.time_left(sent.saturating_sub(AHEAD.min(sent / 2)))
            }
            _ => caller,
        })
    }
}

/// Returns the value of a header, unless it occurs twice.
fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

impl Default for GrpcServerLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for GrpcServerLayer {
    type Service = GrpcServer<S>;

    fn layer(&self, inner: S) -> GrpcServer<S> {
        GrpcServer { inner, layer: self.clone() }
    }
}

/// A service that runs the handlers of a gRPC server with the deadline and the attempt number of
/// the caller. [`GrpcServerLayer`] makes it.
///
/// | metadata of the request | effect |
/// |---|---|
/// | `grpc-timeout` | The handler runs in the [scope](resilient::deadline) of this time, or of [`max`](GrpcServerLayer::max) if that is shorter. Retries, time limits and clients below it know the deadline. |
/// | `grpc-previous-rpc-attempts` | [`attempt_number`](resilient::retries::attempt_number) in the handler returns one more. |
///
/// Metadata that cannot be read, or that occur twice, count as missing: see
/// [`HopReader`](resilient::deadline::HopReader).
///
/// At the deadline the handler is dropped, and the call ends with `DeadlineExceeded`. So do the
/// streams that a handler returns: see [`GrpcServerBody`]. A request whose time is already over
/// does not reach the handler. A handler ends 2 ms before the caller's deadline, or at half of a
/// time of less than 4 ms, because tonic ends the call at the deadline with the code `Cancelled`.
///
/// What a breaker below the handler sees is the deadline of a caller: a call that it cuts is no
/// failure of the dependency. So a caller with a tiny deadline opens no circuit.
///
/// # Cancel safety
///
/// Dropping the future drops the handler. tonic drops it if the caller goes away.
#[derive(Debug, Clone)]
pub struct GrpcServer<S> {
    inner: S,
    layer: GrpcServerLayer,
}

impl<S> GrpcServer<S> {
    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

/// tonic adds a service to a server under its name, and this is the name of the inner service.
impl<S: tonic::server::NamedService> tonic::server::NamedService for GrpcServer<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B, R> Service<Request<B>> for GrpcServer<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
{
    type Response = Response<GrpcServerBody<R>>;
    type Error = S::Error;
    type Future = GrpcServerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.layer.caller(request.headers()) {
            Ok(caller) => {
                let handler = caller.scope_blocking(|| self.inner.call(request));
                GrpcServerFuture::Running { caller, handler: caller.scope(handler) }
            }
            Err(timed_out) => {
                // What the inner service reserved when it became ready is released.
                self.inner = self.inner.clone();
                GrpcServerFuture::Refused { timed_out: Some(timed_out) }
            }
        }
    }
}

pin_project! {
    /// The future of a call of a [`GrpcServer`].
    #[project = GrpcServerFutureProjection]
    #[must_use = "futures do nothing unless awaited"]
    pub enum GrpcServerFuture<F> {
        #[doc(hidden)]
        Running {
            caller: CallerContext,
            #[pin]
            handler: DeadlineScope<F>,
        },
        #[doc(hidden)]
        Refused { timed_out: Option<TimedOut> },
    }
}

impl<F, R, E> Future for GrpcServerFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<GrpcServerBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let timed_out = match self.project() {
            GrpcServerFutureProjection::Running { caller, handler } => {
                match ready!(handler.poll(cx)) {
                    Ok(result) => {
                        let guarded = |body| GrpcServerBody::new(body, *caller);
                        return Poll::Ready(result.map(|response| response.map(guarded)));
                    }
                    Err(timed_out) => timed_out,
                }
            }
            GrpcServerFutureProjection::Refused { timed_out } => {
                timed_out.take().expect("the future is polled after its end")
            }
        };
        let response = Status::from(GrpcError::from(timed_out)).into_http::<()>();
        Poll::Ready(Ok(response.map(|()| GrpcServerBody::empty())))
    }
}

impl<F> fmt::Debug for GrpcServerFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcServerFuture").finish_non_exhaustive()
    }
}
