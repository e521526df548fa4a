//! A gRPC service whose handlers are closures, and a channel to it in memory.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use resilient::CircuitBreaker;
use tokio::io::DuplexStream;
use tokio_stream::Stream;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codegen::{Service, StdError};
use tonic::server::{NamedService, ServerStreamingService, UnaryService};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

pub(crate) type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;
pub(crate) type Messages = Pin<Box<dyn Stream<Item = Result<u32, Status>> + Send>>;

/// `rpc Count(StringValue) returns (UInt32Value)` and
/// `rpc Watch(StringValue) returns (stream UInt32Value)`.
#[derive(Clone)]
pub(crate) struct Stock {
    count: Arc<dyn Fn(Request<String>) -> Answer<u32> + Send + Sync>,
    watch: Arc<dyn Fn(Request<String>) -> Answer<Messages> + Send + Sync>,
}

/// Returns a service with this handler of `Count`. It has no articles to watch.
pub(crate) fn counting<F>(count: impl Fn(Request<String>) -> F + Send + Sync + 'static) -> Stock
where
    F: Future<Output = Result<u32, Status>> + Send + 'static,
{
    Stock {
        count: Arc::new(move |request| Box::pin(count(request))),
        watch: Arc::new(|_| Box::pin(async { Err(Status::not_found("no such article")) })),
    }
}

/// Returns a service with this handler of `Watch`.
pub(crate) fn watched<S>(watch: impl Fn() -> S + Send + Sync + 'static) -> Stock
where
    S: Stream<Item = Result<u32, Status>> + Send + 'static,
{
    let mut stock = counting(async |_| Ok(0));
    stock.watch = Arc::new(move |_| {
        let messages: Messages = Box::pin(watch());
        Box::pin(async { Ok(messages) })
    });
    stock
}

impl NamedService for Stock {
    const NAME: &'static str = "test.Stock";
}

impl Service<http::Request<Body>> for Stock {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let stock = self.clone();
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<u32, String>::default());
            Ok(match request.uri().path() {
                "/test.Stock/Count" => grpc.unary(Count(stock), request).await,
                _ => grpc.server_streaming(Watch(stock), request).await,
            })
        })
    }
}

struct Count(Stock);

impl UnaryService<String> for Count {
    type Response = u32;
    type Future = Answer<Response<u32>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let count = (self.0.count)(request);
        Box::pin(async { Ok(Response::new(count.await?)) })
    }
}

struct Watch(Stock);

impl ServerStreamingService<String> for Watch {
    type Response = u32;
    type ResponseStream = Messages;
    type Future = Answer<Response<Messages>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let messages = (self.0.watch)(request);
        Box::pin(async { Ok(Response::new(messages.await?)) })
    }
}

/// Starts the server with one connection, and returns the endpoint and its end of the connection.
pub(crate) fn start<L, B>(server: tonic::transport::server::Router<L>) -> DuplexStream
where
    L: tower::Layer<tonic::service::Routes> + Clone + Send + 'static,
    L::Service: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
    <L::Service as Service<http::Request<Body>>>::Future: Send,
    <L::Service as Service<http::Request<Body>>>::Error: Into<StdError> + Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<StdError>,
{
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let connections = tokio_stream::once(Ok::<_, io::Error>(theirs));
    tokio::spawn(server.serve_with_incoming(connections));
    ours
}

/// Returns a channel over this connection, which can connect only once.
pub(crate) fn channel(endpoint: &Endpoint, connection: DuplexStream) -> Channel {
    let mut connection = Some(TokioIo::new(connection));
    endpoint.connect_with_connector_lazy(service_fn(move |_| {
        let connection = connection.take().ok_or(io::Error::from(io::ErrorKind::NotConnected));
        std::future::ready(connection)
    }))
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::from_static("http://memory")
}

/// Connects to this service on a server without layers.
pub(crate) fn connect(stock: Stock) -> Channel {
    channel(&endpoint(), start(Server::builder().add_service(stock)))
}

/// A client as `tonic-prost-build` generates it.
pub(crate) struct Client<S>(Grpc<S>);

impl<S> Client<S>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<StdError> + Send,
{
    pub(crate) fn new(channel: S) -> Self {
        Self(Grpc::new(channel))
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.0.ready().await.map_err(|error| Status::from_error(error.into()))
    }

    pub(crate) async fn count(&mut self, request: Request<String>) -> Result<u32, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static("/test.Stock/Count");
        let response: Response<u32> =
            self.0.unary(request, path, ProstCodec::<String, u32>::default()).await?;
        Ok(response.into_inner())
    }

    pub(crate) async fn watch(&mut self, article: &str) -> Result<Streaming<u32>, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static("/test.Stock/Watch");
        let codec = ProstCodec::<String, u32>::default();
        let request = Request::new(article.to_owned());
        Ok(self.0.server_streaming(request, path, codec).await?.into_inner())
    }
}

/// Returns a request for an article with these metadata.
pub(crate) fn request(metadata: &[(&'static str, &str)]) -> Request<String> {
    let mut request = Request::new("kettle".to_owned());
    for (name, value) in metadata {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// Returns how many calls were reported as (success, failure, ignored, abandoned).
pub(crate) fn ends(breaker: &CircuitBreaker) -> [u64; 4] {
    let totals = breaker.snapshot().totals;
    [totals.success, totals.failure, totals.ignored, totals.abandoned]
}
