//! The server, which asks the warehouse under a retry and a circuit breaker.

use std::time::Duration;

use resilient::{circuit_breaker, retry};
use resilient_tower::{GrpcClient, GrpcError, GrpcServerLayer};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::generated::shop_server::{self, ShopServer};
use crate::generated::warehouse_client::WarehouseClient;
use crate::generated::{Article, Receipt};
use crate::network::Server;

/// The shop.
#[derive(Debug, Clone)]
pub struct Shop {
    warehouse: WarehouseClient<GrpcClient<Channel>>,
}

impl Shop {
    /// Opens a shop with this channel to the warehouse.
    #[must_use]
    pub fn new(warehouse: Channel) -> Self {
        Self { warehouse: WarehouseClient::new(GrpcClient::new(warehouse)) }
    }

    /// Returns the server.
    #[must_use]
    pub fn server(self) -> Server {
        tonic::transport::Server::builder()
            .layer(GrpcServerLayer::new().max(Duration::from_secs(10)))
            .add_service(ShopServer::new(self))
    }

    #[retry(
        name = "shop.count",
        max_retries = 2,
        base_delay = "20ms",
        attempt_timeout = "200ms",
        deadline = "2s"
    )]
    #[circuit_breaker(name = "warehouse", failure_threshold = 3, recovery_time = "2s")]
    async fn count(&self, article: &Article) -> Result<u32, GrpcError> {
        let mut warehouse = self.warehouse.clone();
        Ok(warehouse.count(article.clone()).await?.into_inner().count)
    }
}

#[tonic::async_trait]
impl shop_server::Shop for Shop {
    async fn order(&self, request: Request<Article>) -> Result<Response<Receipt>, Status> {
        let count = self.count(request.get_ref()).await?;
        let left = count.checked_sub(1).ok_or_else(|| Status::not_found("sold out"))?;
        Ok(Response::new(Receipt { left }))
    }
}
