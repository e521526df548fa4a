//! Orders in the database.

use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use resilient::{circuit_breaker, retry};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::error::ShopError;

#[derive(Clone, Deserialize)]
pub(crate) struct NewOrder {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    /// The token of the customer's card, which the service passes on and never stores.
    pub(crate) card: String,
}

#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    /// What the customer paid. `None` until then.
    pub(crate) cents: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
}

impl Store {
    pub(crate) async fn connect(file: &Path) -> Result<Self, ShopError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_millis(50));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_millis(500))
            .connect_with(options)
            .await?;
        sqlx::raw_sql(include_str!("../schema.sql")).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Returns the order of this idempotency key, and creates it the first time. So a retry and the
    /// customer may both repeat it.
    #[retry(name = "orders.open", max_retries = 4, base_delay = "20ms", deadline = "1s")]
    #[circuit_breaker(name = "database", failure_threshold = 5, recovery_time = "2s")]
    pub(crate) async fn open(&self, key: &str, wanted: &NewOrder) -> Result<Order, ShopError> {
        let order: Order = sqlx::query_as(
            "INSERT INTO orders (key, sku, quantity) VALUES (?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET key = key RETURNING *",
        )
        .bind(key)
        .bind(&wanted.sku)
        .bind(wanted.quantity)
        .fetch_one(&self.pool)
        .await?;
        if (&order.sku, order.quantity) != (&wanted.sku, wanted.quantity) {
            let why = "this idempotency key belongs to another order";
            return Err(ShopError::Refused(StatusCode::UNPROCESSABLE_ENTITY, why));
        }
        Ok(order)
    }

    #[retry(name = "orders.finish", max_retries = 4, base_delay = "20ms", deadline = "1s")]
    #[circuit_breaker(name = "database")]
    pub(crate) async fn finish(&self, id: i64, cents: i64) -> Result<Order, ShopError> {
        let paid = "UPDATE orders SET cents = ? WHERE id = ? RETURNING *";
        Ok(sqlx::query_as(paid).bind(cents).bind(id).fetch_one(&self.pool).await?)
    }

    #[retry(name = "orders.find", max_retries = 2, base_delay = "20ms", deadline = "1s")]
    #[circuit_breaker(name = "database")]
    pub(crate) async fn find(&self, id: i64) -> Result<Order, ShopError> {
        let found = sqlx::query_as("SELECT * FROM orders WHERE id = ?").bind(id);
        let found = found.fetch_optional(&self.pool).await?;
        found.ok_or(ShopError::Refused(StatusCode::NOT_FOUND, "no such order"))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
