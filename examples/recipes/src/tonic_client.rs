//! The recipe for tonic.

// excerpt: client
use std::time::Duration;

use resilient::{circuit_breaker, retry};
use resilient_tower::{GrpcClient, GrpcError, GrpcServerLayer};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// A client as `tonic-prost-build` generates it from a `.proto` file. Use the generated
/// one.
#[derive(Debug, Clone)]
pub struct StockClient(Grpc<GrpcClient<Channel>>);

impl StockClient {
    /// Makes a client of this channel.
    pub fn new(channel: GrpcClient<Channel>) -> Self {
        Self(Grpc::new(channel))
    }

    /// `rpc Count(google.protobuf.StringValue) returns (google.protobuf.UInt32Value)`
    pub async fn count(
        &mut self,
        request: Request<String>,
    ) -> Result<Response<u32>, Status> {
        self.0.ready().await?;
        let path = PathAndQuery::from_static("/warehouse.Stock/Count");
        self.0.unary(request, path, ProstCodec::default()).await
    }
}
// end excerpt

// excerpt: call
/// The stock service.
#[derive(Debug, Clone)]
pub struct Stock {
    channel: GrpcClient<Channel>,
}

impl Stock {
    /// Makes a channel, which connects at the first call, and again after it is lost.
    pub fn new(url: impl Into<String>) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(url.into())?
            .connect_timeout(Duration::from_millis(300))
            // A ping to which nothing responds within 5 s ends a dead connection.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5));
        Ok(Self { channel: GrpcClient::new(endpoint.connect_lazy()) })
    }

    /// Returns how many of an article are in stock.
    #[retry(
        name = "stock.count",
        max_retries = 2,
        base_delay = "50ms",
        attempt_timeout = "500ms",
        deadline = "2s"
    )]
    #[circuit_breaker(name = "stock", recovery_time = "5s")]
    pub async fn count(&self, article: &str) -> Result<u32, GrpcError> {
        let mut client = StockClient::new(self.channel.clone());
        Ok(client.count(Request::new(article.to_owned())).await?.into_inner())
    }
}
// end excerpt

// excerpt: server
/// A handler that asks the stock.
pub async fn is_available(
    stock: &Stock,
    request: Request<String>,
) -> Result<Response<bool>, Status> {
    let count = stock.count(request.get_ref()).await?;
    Ok(Response::new(count > 0))
}

/// The layer for `tonic::transport::Server::builder().layer(..)`.
pub fn caller_deadlines() -> GrpcServerLayer {
    GrpcServerLayer::new().max(Duration::from_secs(10))
}
// end excerpt
