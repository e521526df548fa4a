//! The error of every function: what it means for breakers and retries, and for the customer.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use resilient::{CircuitOpen, Classify, TimedOut};

#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum ShopError {
    #[error("{1}")]
    #[answered]
    Refused(StatusCode, &'static str),
    #[error("database: {0}")]
    #[classify(with = resilient_classify::sqlx)]
    Database(#[from] sqlx::Error),
    #[error("cache: {0}")]
    #[classify(with = resilient_classify::redis)]
    Cache(#[from] redis::RedisError),
    #[error("upstream: {0}")]
    #[classify(with = resilient_classify::reqwest)]
    Upstream(#[from] reqwest::Error),
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let wait = |open: &CircuitOpen| open.retry_after().map_or(1, |wait| wait.as_secs() + 1);
        match self {
            Self::Refused(status, why) => (status, why).into_response(),
            Self::Open(open) => {
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, wait(&open))]).into_response()
            }
            Self::Late(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
            _ => StatusCode::BAD_GATEWAY.into_response(),
        }
    }
}
