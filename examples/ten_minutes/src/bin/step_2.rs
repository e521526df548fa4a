//! Step 2 of `docs/ten-minutes.md`: a retry of a read.

// excerpt: price
use std::io;

use resilient::retry;
use ten_minutes::{Mode, PriceService, show};

#[retry(max_retries = 2, attempt_timeout = "500ms", deadline = "2s")]
async fn price(service: &PriceService, article: &str) -> io::Result<u32> {
    let price = service.ask(article).await?;
    price.ok_or_else(|| io::Error::other("no such article"))
}
// end excerpt

// excerpt: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    service.set(Mode::Lossy);
    show("lossy:", price(&service, "teapot").await);
    println!("           {} requests", service.requests());

    service.set(Mode::Hangs);
    show("hangs:", price(&service, "teapot").await);
    println!("           {} requests", service.requests());
    Ok(())
}
// end excerpt
