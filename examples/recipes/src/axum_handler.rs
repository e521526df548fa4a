//! The recipe for axum.

// excerpt: call
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use reqwest::{Client, Url};
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};
use resilient_tower::{HandlerError, HealthRoutes, IncomingDeadlineLayer, Rejection};

/// Why a request to this service failed.
#[derive(Debug, thiserror::Error, Classify)]
pub enum ShopError {
    /// The warehouse does not know the article.
    #[error("no such article")]
    #[answered]
    NoSuchArticle,
    /// The warehouse failed.
    #[error("warehouse: {0}")]
    #[classify(with = resilient_classify::reqwest)]
    Warehouse(#[from] reqwest::Error),
    /// The circuit is open, so the warehouse was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The warehouse took too long.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct Shop {
    http: Client,
    warehouse: Url,
}

impl Shop {
    /// Makes a client of the warehouse at this URL.
    pub fn new(warehouse: Url) -> reqwest::Result<Self> {
        let http =
            Client::builder().connect_timeout(Duration::from_millis(200)).build()?;
        Ok(Self { http, warehouse })
    }

    #[retry(
        name = "warehouse.stock",
        max_retries = 1,
        base_delay = "50ms",
        attempt_timeout = "500ms",
        deadline = "1200ms"
    )]
    #[circuit_breaker(name = "warehouse", recovery_time = "5s")]
    async fn stock(&self, article: &str) -> Result<u32, ShopError> {
        let mut url = self.warehouse.clone();
        // A segment cannot lead to another resource, as `../orders` in a text could.
        url.path_segments_mut().expect("an http URL").extend(["stock", article]);
        let response = self.http.get(url).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(ShopError::NoSuchArticle);
        }
        Ok(response.error_for_status()?.json().await?)
    }
}
// end excerpt

// excerpt: responses
impl HandlerError for ShopError {
    /// The response to all other errors than an open circuit and a time limit.
    fn response(self) -> Response {
        if let Self::NoSuchArticle = self {
            return (StatusCode::NOT_FOUND, "no such article").into_response();
        }
        // Log the error here. The caller does not get its text, because it contains the
        // URL of the warehouse.
        (StatusCode::BAD_GATEWAY, "warehouse failed").into_response()
    }
}
// end excerpt

// excerpt: routes
/// `GET /stock/{article}`
async fn stock(
    State(shop): State<Shop>,
    Path(article): Path<String>,
) -> Result<Json<u32>, Rejection> {
    Ok(Json(shop.stock(&article).await?))
}

/// Returns the routes, for `axum::serve`.
pub fn routes(shop: Shop) -> Router {
    // No request takes longer, and none longer than its caller waits.
    let deadline =
        IncomingDeadlineLayer::new().max(Duration::from_millis(1500)).respond();
    let health = HealthRoutes::new().critical("warehouse").router();
    Router::new()
        .route("/stock/{article}", get(stock))
        .layer(deadline)
        .with_state(shop)
        .merge(health)
}
// end excerpt
