//! What customers ask for: place an order, look it up, see what is in stock.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use resilient::timeout;

use crate::error::ShopError;
use crate::service::Shop;
use crate::store::{NewOrder, Order};

/// `POST /orders`. The header `Idempotency-Key` makes it safe to repeat.
pub(crate) async fn place(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(wanted): Json<NewOrder>,
) -> Result<Json<Order>, ShopError> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.ok_or(ShopError::Refused(StatusCode::BAD_REQUEST, "no Idempotency-Key"))?;
    let placed = shop.place(key, &wanted).await;
    if let Err(error) = &placed {
        tracing::warn!(%error, "order not placed");
    }
    placed.map(Json)
}

/// `GET /orders/{id}`
pub(crate) async fn find(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<i64>,
) -> Result<Json<Order>, ShopError> {
    shop.store.find(id).await.map(Json)
}

/// `GET /stock/{sku}`
pub(crate) async fn stock(
    State(shop): State<Arc<Shop>>,
    Path(sku): Path<String>,
) -> Result<Json<u32>, ShopError> {
    shop.inventory.stock(&sku).await.map(Json)
}

impl Shop {
    /// Takes an order through its steps. Each step may be repeated, so an order that failed halfway
    /// continues when the customer sends it again.
    #[timeout("3s")]
    async fn place(&self, key: &str, wanted: &NewOrder) -> Result<Order, ShopError> {
        let order = self.store.open(key, wanted).await?;
        if order.cents.is_some() {
            return Ok(order);
        }
        let cents = self.inventory.reserve(&order).await?;
        self.payments.charge(order.id, cents, &wanted.card).await?;
        self.store.finish(order.id, cents).await
    }
}
