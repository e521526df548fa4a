//! Step 6 of `docs/ten-minutes.md`: a budget for retries.

// excerpt: price
use std::io;

use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, fallback, retry};
use ten_minutes::{Mode, PriceService};
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
#[retry(
    max_retries = 2,
    attempt_timeout = "500ms",
    deadline = "2s",
    budget = "prices", // shared by all calls to the price service
)]
#[circuit_breaker(name = "prices", recovery_time = "2s")]
async fn price(service: &PriceService, article: &str) -> Result<u32, PriceError> {
    let price = service.ask(article).await?;
    price.ok_or(PriceError::UnknownArticle)
}
// end excerpt

/// Returns the price in the printed catalogue.
fn list_price(article: &str, error: PriceError) -> Result<u32, PriceError> {
    match article {
        "teapot" => Ok(2499),
        _ => Err(error),
    }
}

// excerpt: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    service.set(Mode::Lossy);
    let (mut current, mut list) = (0, 0);
    for _ in 0..100 {
        match price(&service, "teapot").await {
            Ok(1999) => current += 1,
            _ => list += 1,
        }
    }
    println!("{} requests for 100 calls", service.requests());
    println!("{current} current prices, {list} list prices");
    Ok(())
}
// end excerpt
