//! The server's side of gRPC deadlines and attempts.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use resilient::deadline::{CallerContext, DeadlineScope};
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
#[derive(Debug, Clone, Copy)]
pub struct GrpcServerLayer {
    max: Option<Duration>,
    leaves_retries: bool,
}

impl GrpcServerLayer {
    /// Makes a layer without a limit for callers that set none.
    #[must_use]
    pub const fn new() -> Self {
        Self { max: None, leaves_retries: false }
    }

    /// Sets the longest time for a call. It is also the time of a caller that sends none. Default:
    /// no limit.
    #[must_use]
    pub const fn max(mut self, time: Duration) -> Self {
        self.max = Some(time);
        self
    }

    /// Leaves retries to the callers: a retry below a handler makes a single attempt, unless it has
    /// `nested = allow`. Set it only if all callers retry. See
    /// [`collapse_retries`](CallerContext::collapse_retries).
    #[must_use]
    pub const fn leave_retries_to_callers(mut self) -> Self {
        self.leaves_retries = true;
        self
    }

    // D6
    /// Returns what the caller has said, with the time counted from now.
    fn caller(self, headers: &HeaderMap) -> CallerContext {
        let attempt = hop::previous_attempts(headers).saturating_add(1);
        let caller = CallerContext::new().attempt(attempt).collapse_retries(self.leaves_retries);
        let sent = hop::grpc_timeout(headers).map(|time| time - AHEAD.min(time / 2));
        match (sent, self.max) {
            (Some(time), Some(max)) => caller.time_left(time.min(max)),
            (Some(time), None) | (None, Some(time)) => caller.time_left(time),
            (None, None) => caller,
        }
    }
}

impl Default for GrpcServerLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for GrpcServerLayer {
    type Service = GrpcServer<S>;

    fn layer(&self, inner: S) -> GrpcServer<S> {
        GrpcServer { inner, layer: *self }
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
/// Metadata that cannot be read, or that occur twice, count as missing.
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
    type Future = GrpcServerFuture<S, Request<B>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let caller = self.layer.caller(request.headers());
        let clone = self.inner.clone();
        let service = std::mem::replace(&mut self.inner, clone);
        let handler = HandlerFuture::Ready { call: Some((service, request)) };
        GrpcServerFuture { caller, handler: caller.scope(handler) }
    }
}

pin_project! {
    /// The future of a call of a [`GrpcServer`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct GrpcServerFuture<S: Service<Req>, Req> {
        caller: CallerContext,
        #[pin]
        handler: DeadlineScope<HandlerFuture<S, Req>>,
    }
}

pin_project! {
    /// Calls the service at the first poll, in the scope of the caller.
    #[project = HandlerFutureProjection]
    #[doc(hidden)]
    pub enum HandlerFuture<S: Service<Req>, Req> {
        Ready { call: Option<(S, Req)> },
        Running {
            #[pin]
            call: S::Future,
        },
    }
}

impl<S: Service<Req>, Req> Future for HandlerFuture<S, Req> {
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                HandlerFutureProjection::Ready { call } => {
                    let (mut service, request) = call.take().expect("the call panicked before");
                    let call = service.call(request);
                    self.set(Self::Running { call });
                }
                HandlerFutureProjection::Running { call } => return call.poll(cx),
            }
        }
    }
}

impl<S, Req, R> Future for GrpcServerFuture<S, Req>
where
    S: Service<Req, Response = Response<R>>,
{
    type Output = Result<Response<GrpcServerBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let caller = *this.caller;
        Poll::Ready(match ready!(this.handler.poll(cx)) {
            Ok(result) => {
                result.map(|response| response.map(|body| GrpcServerBody::new(Some(body), caller)))
            }
            Err(timed_out) => {
                let response = Status::from(GrpcError::from(timed_out)).into_http::<()>();
                Ok(response.map(|()| GrpcServerBody::new(None, caller)))
            }
        })
    }
}

impl<S: Service<Req>, Req> fmt::Debug for GrpcServerFuture<S, Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcServerFuture").field("caller", &self.caller).finish_non_exhaustive()
    }
}
