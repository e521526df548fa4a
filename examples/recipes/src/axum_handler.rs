//! The recipe for axum.

// excerpt: call
use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use reqwest::{Client, Url};
use resilient::{
    CircuitOpen, Classify, Registry, TimedOut, circuit_breaker, retry, timeout,
};

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
impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::NoSuchArticle => (StatusCode::NOT_FOUND, text).into_response(),
            Self::Open(open) => {
                // Whole seconds, rounded up, so that the next request is not too early.
                let wait = open.retry_after().unwrap_or(Duration::from_secs(1));
                let wait = wait.as_millis().div_ceil(1_000);
                let headers = [(RETRY_AFTER, wait.to_string())];
                (StatusCode::SERVICE_UNAVAILABLE, headers, text).into_response()
            }
            Self::Late(_) => (StatusCode::GATEWAY_TIMEOUT, text).into_response(),
            // Log `text` here. The caller does not get it, because it contains the URL
            // of the warehouse.
            Self::Warehouse(_) => {
                (StatusCode::BAD_GATEWAY, "warehouse failed").into_response()
            }
        }
    }
}
// end excerpt

// excerpt: routes
/// `GET /stock/{article}`. The time limit begins after axum has read the arguments.
#[timeout("1500ms")]
async fn stock(
    State(shop): State<Shop>,
    Path(article): Path<String>,
) -> Result<Json<u32>, ShopError> {
    Ok(Json(shop.stock(&article).await?))
}

/// `GET /health/live`: whether the process should be restarted. A circuit says nothing
/// about that.
async fn live() {}

/// `GET /health/circuits`: the state of each circuit, for people and dashboards.
async fn circuits() -> Json<BTreeMap<String, &'static str>> {
    let breakers = Registry::global().breakers();
    let states = breakers.iter().map(|one| (one.name().to_owned(), one.state().as_str()));
    Json(states.collect())
}

/// Returns the routes, for `axum::serve`.
pub fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/stock/{article}", get(stock))
        .route("/health/live", get(live))
        .route("/health/circuits", get(circuits))
        .with_state(shop)
}
// end excerpt
