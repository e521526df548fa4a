//! The client, which orders from the shop and waits for a second.

use resilient::retry;
use resilient_tower::{GrpcClient, GrpcError};
use tonic::transport::Channel;

use crate::generated::Article;
use crate::generated::shop_client::ShopClient;

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    shop: ShopClient<GrpcClient<Channel>>,
}

impl Customer {
    /// Makes a customer with this channel to the shop.
    #[must_use]
    pub fn new(shop: Channel) -> Self {
        Self { shop: ShopClient::new(GrpcClient::new(shop)) }
    }

    /// Orders one, and returns how many are left.
    ///
    /// # Errors
    ///
    /// Returns the status of the shop, or `TimedOut` if it took longer than a second.
    #[retry(name = "customer.order", max_retries = 1, base_delay = "20ms", deadline = "1s")]
    pub async fn order(&self, article: &str) -> Result<u32, GrpcError> {
        let article = Article { name: article.to_owned() };
        Ok(self.shop.clone().order(article).await?.into_inner().left)
    }
}
