//! Step 5 of `docs/ten-minutes.md`: a fallback.

// excerpt: price
use std::io;

use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, fallback, retry};
use ten_minutes::{Mode, PriceService, show};
// end excerpt

#[derive(Debug, thiserror::Error, Classify)]
enum PriceError {
    #[error("no such article")]
    #[answered] // The price service works: a success for the breaker, and no retry.
    UnknownArticle,
    #[error("no response: {0}")]
    #[transient] // A failure for the breaker, and worth a retry.
    Unreachable(#[from] io::Error),
    #[error("not asked: {0}")]
    #[circuit_open] // What a rejected call returns.
    Rejected(#[source] CircuitOpen),
    #[error("too slow: {0}")]
    #[timed_out] // What a call returns that runs into a time limit.
    TooSlow(#[source] TimedOut),
}

// excerpt: price
#[fallback(
    with = |error| list_price(article, error),
    except = PriceError::UnknownArticle,
)]
#[retry(max_retries = 2, attempt_timeout = "500ms", deadline = "2s")]
#[circuit_breaker(name = "prices", recovery_time = "2s")]
async fn price(service: &PriceService, article: &str) -> Result<u32, PriceError> {
    let price = service.ask(article).await?;
    price.ok_or(PriceError::UnknownArticle)
}

/// Returns the price in the printed catalogue.
fn list_price(article: &str, error: PriceError) -> Result<u32, PriceError> {
    match article {
        "teapot" => Ok(2499),
        _ => Err(error),
    }
}
// end excerpt

// excerpt: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    show("healthy:", price(&service, "teapot").await);
    show("teacup:", price(&service, "teacup").await);

    service.set(Mode::Down);
    for _ in 0..3 {
        show("down:", price(&service, "teapot").await);
    }
    show("teacup:", price(&service, "teacup").await);
    Ok(())
}
// end excerpt
