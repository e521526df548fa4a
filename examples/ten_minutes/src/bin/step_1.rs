//! Step 1 of `docs/ten-minutes.md`: a time limit.

// excerpt: price
use std::io;

use resilient::timeout;
use ten_minutes::{Mode, PriceService, show};

#[timeout("500ms")]
async fn price(service: &PriceService, article: &str) -> io::Result<u32> {
    let price = service.ask(article).await?;
    price.ok_or_else(|| io::Error::other("no such article"))
}
// end excerpt

// excerpt: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    show("healthy:", price(&service, "teapot").await);

    service.set(Mode::Hangs);
    show("hangs:", price(&service, "teapot").await);
    Ok(())
}
// end excerpt
