//! The payment provider.

use axum::http::StatusCode;
use resilient::{circuit_breaker, retry};
use serde_json::json;

use crate::error::ShopError;

#[derive(Debug)]
pub(crate) struct Payments {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
}

impl Payments {
    /// Charges the card once for each order: the provider knows the order by its idempotency key,
    /// so a charge that timed out may be sent again.
    #[retry(
        name = "payments.charge",
        max_retries = 2,
        attempt_timeout = "400ms",
        deadline = "1s",
        budget = "payments"
    )]
    #[circuit_breaker(name = "payments", failure_threshold = 5, recovery_time = "5s")]
    pub(crate) async fn charge(&self, order: i64, cents: i64, card: &str) -> Result<(), ShopError> {
        let charge = self
            .http
            .post(format!("{}/charges", self.url))
            .header("Idempotency-Key", format!("order-{order}"))
            .json(&json!({ "cents": cents, "card": card }));
        let response = charge.send().await?;
        if response.status() == StatusCode::PAYMENT_REQUIRED {
            return Err(ShopError::Refused(StatusCode::PAYMENT_REQUIRED, "the card was declined"));
        }
        response.error_for_status()?;
        Ok(())
    }
}
