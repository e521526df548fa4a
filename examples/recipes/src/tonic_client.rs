//! The recipe for tonic.

// excerpt: client
use std::time::Duration;

use resilient::deadline;
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// A client as `tonic-prost-build` generates it from a `.proto` file. Use the generated
/// one.
#[derive(Debug, Clone)]
pub struct StockClient(Grpc<Channel>);

impl StockClient {
    /// Makes a client of this channel.
    pub fn new(channel: Channel) -> Self {
        Self(Grpc::new(channel))
    }

    /// `rpc Count(google.protobuf.StringValue) returns (google.protobuf.UInt32Value)`
    pub async fn count(
        &mut self,
        request: Request<String>,
    ) -> Result<Response<u32>, Status> {
        self.0.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        let path = PathAndQuery::from_static("/warehouse.Stock/Count");
        self.0.unary(request, path, ProstCodec::default()).await
    }
}
// end excerpt

// excerpt: call
/// Why the stock is unknown.
#[derive(Debug, thiserror::Error, Classify)]
pub enum StockError {
    /// The server or the connection failed, or the server refused.
    #[error("stock: {0}")]
    #[classify(with = resilient_classify::tonic)]
    Call(#[from] Status),
    /// The circuit is open, so the server was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The call took too long.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// The stock service.
#[derive(Debug, Clone)]
pub struct Stock {
    channel: Channel,
}

impl Stock {
    /// Makes a channel, which connects at the first call, and again after it is lost.
    pub fn new(url: impl Into<String>) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(url.into())?
            .connect_timeout(Duration::from_millis(300))
            // A ping to which nothing responds within 5 s ends a dead connection.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5));
        Ok(Self { channel: endpoint.connect_lazy() })
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
    pub async fn count(&self, article: &str) -> Result<u32, StockError> {
        let mut request = Request::new(article.to_owned());
        // Tells the server when this attempt ends, so that it does not work for nobody.
        if let Some(time) = deadline::remaining() {
            request.set_timeout(time);
        }
        let mut client = StockClient::new(self.channel.clone());
        Ok(client.count(request).await?.into_inner())
    }
}
// end excerpt
