//! The inventory service, and the cache in front of it.

use axum::http::StatusCode;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use reqwest::Url;
use resilient::{circuit_breaker, fallback, retry, timeout};
use serde::Deserialize;

use crate::error::ShopError;
use crate::store::Order;

/// How long a number of articles in stock is cached, in seconds.
const FRESH: u64 = 5;

pub(crate) struct Inventory {
    pub(crate) http: reqwest::Client,
    pub(crate) url: Url,
    pub(crate) cache: Cache,
}

/// A price, confirmed by a reservation.
#[derive(Debug, Deserialize)]
struct Reservation {
    cents: i64,
}

impl Inventory {
    /// Reserves what the order wants and returns the price in cents. The reservation has the number
    /// of the order, so it may be repeated. One that is not paid expires.
    #[retry(name = "inventory.reserve", attempt_timeout = "300ms", deadline = "1s")]
    #[circuit_breaker(name = "inventory", failure_threshold = 5, recovery_time = "5s")]
    pub(crate) async fn reserve(&self, order: &Order) -> Result<i64, ShopError> {
        let place = self.place(["reservations", &order.id.to_string()]);
        let response = self.http.put(place).json(order).send().await?;
        match response.status() {
            StatusCode::NOT_FOUND => {
                Err(ShopError::Refused(StatusCode::NOT_FOUND, "no such article"))
            }
            StatusCode::CONFLICT => Err(ShopError::Refused(StatusCode::CONFLICT, "sold out")),
            _ => Ok(response.error_for_status()?.json::<Reservation>().await?.cents),
        }
    }

    /// Returns how many are in stock, from the cache if it can.
    pub(crate) async fn stock(&self, sku: &str) -> Result<u32, ShopError> {
        if let Some(cached) = self.cache.get(sku).await? {
            return Ok(cached);
        }
        let stock = self.ask_for_stock(sku).await?;
        self.cache.set(sku, stock).await?;
        Ok(stock)
    }

    #[retry(name = "inventory.stock", attempt_timeout = "300ms", deadline = "1s")]
    #[circuit_breaker(name = "inventory")]
    async fn ask_for_stock(&self, sku: &str) -> Result<u32, ShopError> {
        let response = self.http.get(self.place(["stock", sku])).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(ShopError::Refused(StatusCode::NOT_FOUND, "no such article"));
        }
        Ok(response.error_for_status()?.json().await?)
    }

    /// Returns the URL of a resource. A customer chooses the SKU, so it must not be able to lead to
    /// another resource, as `../orders` would.
    fn place(&self, path: [&str; 2]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// The cache saves the inventory service work. No request waits for it longer than a moment, and
/// none fails because of it.
#[derive(Clone)]
pub(crate) struct Cache {
    /// `None` if there is no server.
    pub(crate) redis: Option<ConnectionManager>,
}

impl Cache {
    #[fallback(value = None)]
    #[circuit_breaker(name = "cache", failure_threshold = 5, recovery_time = "2s")]
    #[timeout("50ms")]
    async fn get(&self, sku: &str) -> Result<Option<u32>, ShopError> {
        let Some(mut redis) = self.redis.clone() else { return Ok(None) };
        Ok(redis.get(format!("stock:{sku}")).await?)
    }

    #[fallback(value = ())]
    #[circuit_breaker(name = "cache")]
    #[timeout("50ms")]
    async fn set(&self, sku: &str, stock: u32) -> Result<(), ShopError> {
        let Some(mut redis) = self.redis.clone() else { return Ok(()) };
        Ok(redis.set_ex(format!("stock:{sku}"), stock, FRESH).await?)
    }
}
