//! The client's side of gRPC deadlines and attempts.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use resilient::deadline::{self, CallerContext, DeadlineScope, HopFormat, SEND_MARGIN};
use resilient::retries::attempt_number;
use tonic::{Code, Status, TimeoutExpired};
use tower_layer::Layer;
use tower_service::Service;

use crate::grpc_error::GrpcError;

/// If the call ends this long before the deadline, or later, with a time limit, then that limit was
/// the deadline as the server or the channel knew it.
const NEAR: Duration = Duration::from_millis(10);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Tells the server of a gRPC client how long the caller waits, and which attempt this is.
///
/// The service that the layer makes is a [`GrpcClient`], which describes what is sent.
#[derive(Debug, Clone, Copy)]
pub struct GrpcClientLayer {
    margin: Duration,
}

impl GrpcClientLayer {
    /// Makes a layer with the default margin.
    #[must_use]
    pub fn new() -> Self {
        Self { margin: SEND_MARGIN }
    }

    /// Sets the time by which the server should end before the deadline, so that it does not work
    /// while its response travels. Default: 5 ms.
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }
}

impl Default for GrpcClientLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for GrpcClientLayer {
    type Service = GrpcClient<S>;

    fn layer(&self, inner: S) -> GrpcClient<S> {
        GrpcClient { inner, margin: self.margin }
    }
}

/// A connection of gRPC, such as `tonic::transport::Channel`, that tells the server how long the
/// caller waits, and which attempt this is. A generated client takes it in place of the channel.
///
/// | metadata | value |
/// |---|---|
/// | `grpc-timeout` | the time until the [deadline](resilient::deadline) of the running code, less the [margin](GrpcClientLayer::margin); a shorter time in the request stays |
/// | `grpc-previous-rpc-attempts` | the [number of the attempt](resilient::retries::attempt_number) less one, from the second attempt on, unless the request has it |
///
/// Without a deadline and in a first attempt, the request stays as it is. If the margin leaves no
/// time, nothing is sent, and the call waits for the deadline.
///
/// The code that set the deadline cancels the call, and says what that means to a breaker. So if
/// the time in `grpc-timeout` is over, and the server or the channel ends the call just before the
/// deadline, the call waits for the deadline. If nobody cancels it there, it ends with
/// `DeadlineExceeded`. A time limit that is shorter than the deadline, such as that of the server
/// or of `Endpoint::timeout`, ends the call at once.
///
/// Errors are a [`Status`], the same that a client of tonic would make of them.
///
/// # A breaker
///
/// For unary calls, put `#[retry]` and `#[circuit_breaker]` on the function around the client:
/// see [`GrpcError`]. A request of tonic cannot be copied, so a retry belongs on the function that
/// makes the request.
///
/// For streams, put the breaker around this service. The outcome of a stream is in its trailers,
/// so the call is in flight until they arrive. Set `Endpoint::timeout`: the breaker counts calls
/// that a time limit below it ended, and not those that their caller gave up.
///
/// ```
/// use std::time::Duration;
///
/// use resilient::{BreakerConfig, CircuitBreaker};
/// use resilient_tower::{BreakerLayer, GrpcClientLayer};
/// use tonic::transport::Endpoint;
/// use tower::ServiceBuilder;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = Endpoint::from_static("http://localhost:50051");
/// let channel = ServiceBuilder::new()
///     .layer(BreakerLayer::new(CircuitBreaker::new("stock", BreakerConfig::default())).tonic())
///     .layer(GrpcClientLayer::new())
///     .service(endpoint.timeout(Duration::from_secs(2)).connect_lazy());
/// # fn is_for_generated_clients<S: tonic::client::GrpcService<tonic::body::Body>>(_: S) {}
/// # is_for_generated_clients(channel);
/// // let client = StockClient::new(channel);
/// # Ok(()) }
/// ```
///
/// # Cancel safety
///
/// Dropping the future drops the call: the channel resets the stream.
#[derive(Debug, Clone)]
pub struct GrpcClient<S> {
    inner: S,
    margin: Duration,
}

impl<S> GrpcClient<S> {
    /// Wraps a channel, with the default margin. A [`GrpcClientLayer`] has other margins.
    pub fn new(channel: S) -> Self {
        GrpcClientLayer::new().layer(channel)
    }

    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S, B, R> Service<Request<B>> for GrpcClient<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response<R>;
    type Error = Status;
    type Future = GrpcClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.inner.poll_ready(cx).map_err(|error| Status::from_error(error.into()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let near = match deadline::time_to_send(self.margin) {
            Ok(None) => None,
            Ok(Some(time)) => limit_timeout(request.headers_mut(), time)
                .then_some(self.margin.saturating_add(NEAR)),
            Err(_) => {
                // What the inner service reserved when it became ready is released.
                self.inner = self.inner.clone();
                return GrpcClientFuture::new(HeldCall::Held);
            }
        };
        number_attempt(request.headers_mut());
        GrpcClientFuture::new(HeldCall::Running { call: self.inner.call(request), near })
    }
}

// D8
/// Writes the time left, unless the request has a shorter time. Returns whether it was written.
fn limit_timeout(headers: &mut HeaderMap, time: Duration) -> bool {
    const GRPC: HopFormat = HopFormat::Grpc;
    let own = headers.get(GRPC.time_header()).and_then(|own| GRPC.read_time(own.as_bytes()));
    if own.is_some_and(|own| own <= time) {
        return false;
    }
    write(headers, GRPC.time_header(), &GRPC.write_time(time));
    true
}

// D8
/// Writes the number of attempts before this one, unless this is the first.
fn number_attempt(headers: &mut HeaderMap) {
    const GRPC: HopFormat = HopFormat::Grpc;
    let number = attempt_number();
    if number > 1 && !headers.contains_key(GRPC.attempt_header()) {
        write(headers, GRPC.attempt_header(), &GRPC.write_attempt(number));
    }
}

fn write(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

pin_project! {
    /// The future of a call of a [`GrpcClient`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct GrpcClientFuture<F> {
        #[pin]
        call: DeadlineScope<HeldCall<F>>,
    }
}

impl<F, R, E> GrpcClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<BoxError>,
{
    fn new(call: HeldCall<F>) -> Self {
        Self { call: CallerContext::new().scope(call) }
    }
}

impl<F, R, E> Future for GrpcClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<R>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(self.project().call.poll(cx));
        Poll::Ready(ended.unwrap_or_else(|timed_out| Err(GrpcError::from(timed_out).into())))
    }
}

pin_project! {
    /// A call that is held at its end, if that end was due to the deadline. The code that set the
    /// deadline then cancels it.
    #[project = HeldCallProjection]
    #[doc(hidden)]
    pub enum HeldCall<F> {
        Running {
            #[pin]
            call: F,
            // How close to the deadline a time limit counts as the deadline.
            near: Option<Duration>,
        },
        Held,
    }
}

impl<F, R, E> Future for HeldCall<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<R>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let HeldCallProjection::Running { call, near } = self.as_mut().project() else {
            return Poll::Pending;
        };
        let result = ready!(call.poll(cx)).map_err(|error| Status::from_error(error.into()));
        let is_near = |left| near.is_some_and(|near| left <= near);
        if is_time_up(&result) && deadline::remaining().is_some_and(is_near) {
            self.set(Self::Held);
            return Poll::Pending;
        }
        Poll::Ready(result)
    }
}

/// Returns whether a time limit of the server or of the channel has ended the call.
fn is_time_up<R>(result: &Result<Response<R>, Status>) -> bool {
    match result {
        Ok(response) => {
            let header =
                |name| response.headers().get(name).map_or(&b""[..], HeaderValue::as_bytes);
            match header("grpc-status") {
                b"4" => true,
                // tonic's own time limit of a server.
                b"1" => header("grpc-message") == b"Timeout%20expired",
                _ => false,
            }
        }
        Err(status) => match status.code() {
            Code::DeadlineExceeded => true,
            Code::Cancelled => status.message() == TimeoutExpired(()).to_string(),
            _ => false,
        },
    }
}

impl<F> fmt::Debug for GrpcClientFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcClientFuture").finish_non_exhaustive()
    }
}
