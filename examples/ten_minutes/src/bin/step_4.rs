//! Step 4 of `docs/ten-minutes.md`: an error type that says what each error means.

// excerpt: error
use std::io;

use resilient::{CircuitOpen, Classify, Registry, TimedOut, circuit_breaker, retry};
use ten_minutes::{PriceService, show};

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
// end excerpt

// excerpt: price
#[retry(max_retries = 2, attempt_timeout = "500ms", deadline = "2s")]
#[circuit_breaker(name = "prices", recovery_time = "2s")]
async fn price(service: &PriceService, article: &str) -> Result<u32, PriceError> {
    let price = service.ask(article).await?;
    price.ok_or(PriceError::UnknownArticle)
}
// end excerpt

// excerpt: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    for _ in 0..10 {
        let _ = price(&service, "teacup").await;
    }
    show("teacup:", price(&service, "teacup").await);
    println!("           {} requests for 11 calls", service.requests());
    let breaker = Registry::global().get("prices").expect("it was called");
    println!("           the circuit is {}", breaker.state());
    Ok(())
}
// end excerpt
