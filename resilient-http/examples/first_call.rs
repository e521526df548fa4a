//! A read and a payment, as the first page shows them. Give the base URL of an API as the argument.
//!
//! ```text
//! cargo run -p resilient-http --example first_call -- http://localhost:8080/v1
//! ```

// excerpt: calls
use std::time::Duration;

use resilient_http::{ApiClient, ApiError, ApiKey, Auth};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Customer {
    name: String,
}

#[derive(Serialize)]
struct Charge {
    cents: u64,
}

#[derive(Deserialize)]
struct Receipt {
    id: String,
}

async fn customer(api: &ApiClient, id: u32) -> Result<Customer, ApiError> {
    api.get("customers/{id}").param("id", id).await
}

/// All attempts send `order` as the idempotency key, so an API that honours such keys
/// charges the card at most once.
async fn pay(api: &ApiClient, order: &str, cents: u64) -> Result<Receipt, ApiError> {
    api.post("charges").json(&Charge { cents }).idempotency_key(order).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).ok_or("give the base URL of the API")?;
    let api = ApiClient::builder(base)
        .auth(Auth::bearer(ApiKey::env("PAYMENTS_KEY"))) // not set: `build` fails
        .timeout(Duration::from_secs(2)) // one attempt, with the body of its response
        .deadline(Duration::from_secs(5)) // all attempts, and the waits between them
        .build()?;
    println!("a payment of {}", customer(&api, 42).await?.name);
    match pay(&api, "order-1017", 450).await {
        Ok(receipt) => println!("paid: {}", receipt.id),
        Err(ApiError::CircuitOpen(open)) => println!("not paid, nothing sent: {open}"),
        Err(error) => println!("paid or not: ask about order-1017: {error}"),
    }
    Ok(())
}
// end excerpt

#[cfg(test)]
#[path = "../tests/first_page/calls.rs"]
mod calls;
