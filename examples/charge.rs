//! A payment, as the first page shows it: with time limits, retries, a circuit breaker and an
//! idempotency key.
//!
//! ```text
//! cargo run --example charge
//! ```

// excerpt: charge
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};

#[derive(Debug, Classify)]
enum PayError {
    #[answered] // The provider works: no retry, and no failure.
    Declined,
    #[transient] // Another attempt may help. It counts as a failure.
    NoResponse,
    #[circuit_open] // Nothing was sent.
    Rejected(CircuitOpen),
    #[timed_out] // An attempt or the whole call took too long.
    TimedOut(TimedOut),
}

/// All attempts send the same `key`, so the provider charges the card at most once.
#[retry(attempt_timeout = "2s", deadline = "5s", budget = "payments")]
#[circuit_breaker(name = "payments")]
async fn charge(key: &str, cents: u64) -> Result<String, PayError> {
    send(key, cents).await
}

#[tokio::main]
async fn main() {
    // One key for one payment, made before the first attempt and stored with the order.
    let key = "order-1017";
    match charge(key, 450).await {
        Ok(receipt) => println!("paid: {receipt}"),
        Err(PayError::Declined) => println!("not paid: the card was declined"),
        Err(PayError::Rejected(open)) => println!("not paid, nothing was sent: {open}"),
        Err(error) => println!("paid or not: ask the provider about {key}: {error:?}"),
    }
}
// end excerpt

// In the tests of this file, the provider misbehaves.
#[cfg(test)]
#[path = "../tests/first_page/main.rs"]
mod first_page;
#[cfg(test)]
use first_page::provider::send;

#[cfg(not(test))]
// excerpt: charge
/// Send the request to your payment provider here. This one hangs, fails, and then works.
async fn send(key: &str, cents: u64) -> Result<String, PayError> {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    static REQUESTS: AtomicU32 = AtomicU32::new(0);
    let number = REQUESTS.fetch_add(1, Relaxed) + 1;
    println!("request {number} with the key {key}");
    match number {
        1 => std::future::pending().await,
        2 => Err(PayError::NoResponse),
        _ if cents == 0 => Err(PayError::Declined),
        _ => Ok(format!("{cents} cents")),
    }
}
// end excerpt
