//! The start of `docs/ten-minutes.md`: a call without protection.

// excerpt: program
use std::io;

use ten_minutes::{PriceService, show};

async fn price(service: &PriceService, article: &str) -> io::Result<u32> {
    let price = service.ask(article).await?;
    price.ok_or_else(|| io::Error::other("no such article"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    show("healthy:", price(&service, "teapot").await);
    Ok(())
}
// end excerpt
