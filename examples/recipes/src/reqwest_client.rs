//! The recipe for reqwest.

// excerpt: setup
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

/// Why the payment provider did not do what it was asked for.
#[derive(Debug, thiserror::Error, Classify)]
pub enum PayError {
    /// The provider refused the card. The provider works, and a repetition would be
    /// refused, too.
    #[error("the card was declined")]
    #[answered]
    Declined,
    /// Status 409: the provider still works on an earlier request with this key.
    #[error("in progress")]
    #[throttled]
    InProgress,
    /// Status 429: the provider works, and wants fewer requests.
    #[error("too many requests")]
    #[throttled]
    #[retry_after(0)]
    TooMany(Option<Duration>),
    /// Status 503.
    #[error("the provider is not available")]
    #[transient]
    #[retry_after(0)]
    Unavailable(Option<Duration>),
    /// Another status from 400 on, or no response.
    #[error("provider: {0}")]
    #[classify(with = resilient_classify::reqwest)]
    Http(#[from] reqwest::Error),
    /// The circuit is open, so the provider was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The call took too long. Whether a charge took effect is unknown.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// Makes an error of a status from 400 on, and keeps what `Retry-After` says.
fn checked(response: Response) -> Result<Response, PayError> {
    match response.status() {
        StatusCode::PAYMENT_REQUIRED => Err(PayError::Declined),
        StatusCode::CONFLICT => Err(PayError::InProgress),
        StatusCode::TOO_MANY_REQUESTS => Err(PayError::TooMany(retry_after(&response))),
        StatusCode::SERVICE_UNAVAILABLE => {
            Err(PayError::Unavailable(retry_after(&response)))
        }
        _ => Ok(response.error_for_status()?),
    }
}

/// Reads a `Retry-After` in seconds. The header may also be a date, which this leaves
/// out.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
// end excerpt

// excerpt: calls
/// The API of a payment provider.
#[derive(Debug, Clone)]
pub struct Payments {
    http: Client,
    url: String,
}

impl Payments {
    /// Makes the client, which connects at its first request.
    pub fn new(url: impl Into<String>) -> reqwest::Result<Self> {
        let http =
            Client::builder().connect_timeout(Duration::from_millis(500)).build()?;
        Ok(Self { http, url: url.into() })
    }

    /// Returns the state of a payment, or `None` if there is no such payment.
    #[retry(
        name = "payments.state",
        max_retries = 2,
        attempt_timeout = "1s",
        deadline = "4s",
        budget = "payments"
    )]
    #[circuit_breaker(name = "payments", recovery_time = "10s")]
    pub async fn state(&self, payment: u64) -> Result<Option<String>, PayError> {
        let response =
            self.http.get(format!("{}/payments/{payment}", self.url)).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        // The limit covers the body, because the function reads it.
        Ok(Some(checked(response)?.text().await?))
    }

    /// Charges a card. Make one key for each purchase, before the first call: the
    /// provider then charges once, however often the request is sent.
    #[retry(
        name = "payments.charge",
        max_retries = 2,
        attempt_timeout = "2s",
        deadline = "7s",
        budget = "payments"
    )]
    #[circuit_breaker(name = "payments")]
    pub async fn charge(
        &self,
        key: &str,
        card: &str,
        cents: u64,
    ) -> Result<String, PayError> {
        let request = self.http.post(format!("{}/payments", self.url));
        let request =
            request.header("Idempotency-Key", key).body(format!("{card} {cents}"));
        Ok(checked(request.send().await?)?.text().await?)
    }
}
// end excerpt
