//! Step 7 of `docs/ten-minutes.md`: what operators see.

// excerpt: main
use std::io;
use std::time::Duration;

use resilient::events::EventKind;
use resilient::{CircuitOpen, Classify, Registry, TimedOut};
use resilient::{circuit_breaker, fallback, retry};
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
#[retry(
    name = "prices",
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
    tracing_subscriber::fmt().without_time().init(); // INFO, WARN and ERROR
    Registry::global().on_event(|event| {
        if let EventKind::Transition(step) = event.kind() {
            println!("to the chat: {}: {step}", event.name());
        }
    });

    let service = PriceService::start().await?;
    service.set(Mode::Down);
    for _ in 0..3 {
        show("down:", price(&service, "teapot").await);
    }
    let breaker = Registry::global().get("prices").expect("it was called");
    println!("{}", breaker.snapshot());
    let retry = Registry::global().get_retry("prices").expect("it was called");
    let counts = retry.snapshot().counts;
    println!("prices: {} attempts, {} of them retries", counts.attempts, counts.retries);

    service.set(Mode::Healthy);
    tokio::time::sleep(Duration::from_secs(2)).await;
    show("healthy:", price(&service, "teapot").await);
    Ok(())
}
// end excerpt
