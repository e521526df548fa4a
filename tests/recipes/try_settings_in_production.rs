//! The recipe that tries settings in production.

use super::dependency;

// excerpt: recipe
use resilient::events::EventKind;
use resilient::{BreakerConfig, CircuitBreaker, ConfigError, Registry};
use resilient::{circuit_breaker, retry};
use std::io;

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "quotes", failure_threshold = 3)]
async fn quote(symbol: &str) -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the exchange here.
    Ok(42)
}

// When the program starts, with the settings of the attribute.
fn observe() -> Result<CircuitBreaker, ConfigError> {
    let config = BreakerConfig::builder().failure_threshold(3).build()?;
    let quotes = Registry::global().get_or_register("quotes", config);
    quotes.observe_only();
    quotes.on_event(|event| {
        if let EventKind::WouldOpen(opening) = event.kind() {
            OPENINGS.fetch_add(1, SeqCst); // not shown
            println!("{} would have opened: {opening}", event.name());
        }
    });
    Ok(quotes)
}
// end excerpt

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

static OPENINGS: AtomicU32 = AtomicU32::new(0);

#[tokio::test(start_paused = true)]
async fn a_breaker_that_observes_counts_and_reports_but_rejects_nothing() {
    let quotes = observe().unwrap();
    dependency::fail(u32::MAX);
    for _ in 0..2 {
        quote("x").await.unwrap_err();
    }
    let totals = quotes.snapshot().totals;
    assert_eq!((totals.failure, totals.rejected, OPENINGS.load(SeqCst)), (8, 0, 1));

    quotes.close();
    for _ in 0..2 {
        quote("x").await.unwrap_err();
    }
    assert_eq!(quotes.snapshot().totals.rejected, 1);
}
