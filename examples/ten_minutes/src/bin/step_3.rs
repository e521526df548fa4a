//! Step 3 of `docs/ten-minutes.md`: a circuit breaker.

// excerpt: price
use std::io;
use std::time::Duration;

use resilient::{Registry, circuit_breaker, retry};
use ten_minutes::{Mode, PriceService, show};

#[retry(max_retries = 2, attempt_timeout = "500ms", deadline = "2s")]
#[circuit_breaker(name = "prices", recovery_time = "2s")]
async fn price(service: &PriceService, article: &str) -> io::Result<u32> {
    let price = service.ask(article).await?;
    price.ok_or_else(|| io::Error::other("no such article"))
}
// end excerpt

// excerpt: main
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let service = PriceService::start().await?;
    service.set(Mode::Down);
    for _ in 0..4 {
        show("down:", price(&service, "teapot").await);
        println!("           {} requests", service.requests());
    }
    let breaker = Registry::global().get("prices").expect("it was called");
    println!("           the circuit is {}", breaker.state());

    service.set(Mode::Healthy);
    tokio::time::sleep(Duration::from_secs(2)).await;
    show("healthy:", price(&service, "teapot").await);
    println!("           the circuit is {}", breaker.state());
    Ok(())
}
// end excerpt
