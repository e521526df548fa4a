//! A client of a small API with temporary failures. The example shows how to handle each kind of
//! error.
//!
//! ```text
//! cargo run -p resilient-http --example api_client
//! ```
//!
//! The API runs on loopback. It works for a second, fails every other request, hangs, recovers,
//! and limits its callers. A shop asks it for a price ten times per second. Watch for
//!
//! - responses after more than one attempt: the caller saw no failure,
//! - the open circuit: from then on the shop shows the last known price without waiting,
//! - the order, a `POST` with an idempotency key: it is retried and booked once,
//! - the limit: the API hears of it once, and the client holds back the calls that follow.

mod server;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use resilient_http::{
    ApiClient, ApiError, ApiKey, Auth, BreakerConfig, IdempotencyKey, Reply, RetryPolicy,
};
use serde::{Deserialize, Serialize};

use crate::server::{DAY, EVENING, Phase, Server};

#[derive(Debug, Deserialize)]
struct Price {
    cents: u64,
}

#[derive(Debug, Serialize)]
struct Order {
    sku: &'static str,
    count: u32,
}

#[derive(Debug, Deserialize)]
struct Booked {
    number: u64,
}

/// Shows prices. If the API returns no price, the shop shows the last price that it received.
struct Shop {
    api: ApiClient,
    began: Instant,
    last_price: Option<u64>,
    shown: Tally,
}

/// The number of prices that the shop showed, for each source of a price.
#[derive(Debug, Default)]
struct Tally {
    fresh: u32,
    after_retries: u32,
    last_known: u32,
    none: u32,
}

impl Shop {
    async fn spend(&mut self, server: &Server, (mood, text, length): Phase) -> io::Result<()> {
        self.say(&format!("--- the API {text}"))?;
        server.enter(mood);
        let end = Instant::now() + Duration::from_millis(length);
        while Instant::now() < end {
            self.show_price("tea").await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn show_price(&mut self, sku: &str) -> io::Result<()> {
        let price: Result<Reply<Price>, ApiError> =
            self.api.get("items/{sku}/price").param("sku", sku).await;
        match price {
            Ok(reply) => {
                let attempts = reply.response.attempts();
                self.last_price = Some(reply.value.cents);
                self.shown.fresh += 1;
                if attempts > 1 {
                    self.shown.after_retries += 1;
                    let cents = reply.value.cents;
                    return self.say(&format!("{cents} cents, after {attempts} attempts"));
                }
                Ok(())
            }
            // Nothing was sent. The shop shows the last price instead of waiting.
            Err(ApiError::CircuitOpen(open)) => {
                let again = open.retry_after().unwrap_or_default();
                self.fall_back(&format!("circuit open for {again:.1?}"))
            }
            // The server asks for a longer wait than the deadline allows, or has asked an earlier
            // call. A scheduler could retry later.
            Err(ApiError::RateLimited { retry_after, .. }) => {
                let wait = retry_after.unwrap_or_default();
                self.fall_back(&format!("limited: retry in {wait:.1?}"))
            }
            Err(error) if error.is_not_found() => {
                self.shown.none += 1;
                self.say("no such item")
            }
            Err(error) => self.fall_back(&error.to_string()),
        }
    }

    fn fall_back(&mut self, why: &str) -> io::Result<()> {
        let Some(cents) = self.last_price else {
            self.shown.none += 1;
            return self.say(&format!("no price ({why})"));
        };
        self.shown.last_known += 1;
        self.say(&format!("{cents} cents as last known ({why})"))
    }

    fn say(&self, what: &str) -> io::Result<()> {
        writeln!(io::stdout(), "{:>6.2}s  {what}", self.began.elapsed().as_secs_f64())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("api_client: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the reader of the output closed the pipe, as `head` does.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let server = Server::start().await?;
    let api = ApiClient::builder(server.base())
        .auth(Auth::api_key("x-api-key", ApiKey::secret("a secret")))
        .timeout(Duration::from_millis(100))
        .deadline(Duration::from_secs(2))
        .retry(RetryPolicy::builder().base_delay(Duration::from_millis(20)).build()?)
        .circuit_breaker(
            BreakerConfig::builder()
                .failure_threshold(5)
                .recovery_time(Duration::from_millis(500))
                .build()?,
        )
        .build()?;
    let mut shop =
        Shop { api: api.clone(), began: Instant::now(), last_price: None, shown: Tally::default() };

    shop.say("--- the shop asks for something that the API does not know")?;
    shop.show_price("no such thing").await?;
    for phase in DAY {
        shop.spend(&server, phase).await?;
    }

    shop.say("--- the API loses the response to an order")?;
    // The first response is lost. From the key, the API sees that it has already booked this order.
    server.lose_next_response();
    let order = Order { sku: "tea", count: 2 };
    let booked: Reply<Booked> =
        api.post("orders").json(&order).idempotency_key(IdempotencyKey::Auto).await?;
    shop.say(&format!(
        "order {} booked, after {} attempts",
        booked.value.number,
        booked.response.attempts()
    ))?;
    shop.spend(&server, EVENING).await?;

    let calls = api.circuit_breaker().snapshot().totals;
    let mut out = io::stdout();
    writeln!(
        out,
        "\nprices shown: {} fresh ({} after a retry), {} last known, {} missing",
        shop.shown.fresh, shop.shown.after_retries, shop.shown.last_known, shop.shown.none
    )?;
    writeln!(
        out,
        "the API saw {} requests and booked {} order; the circuit breaker spared it {}",
        server.requests(),
        server.orders(),
        calls.rejected
    )?;
    api.shutdown(Duration::from_secs(1)).await?;
    Ok(())
}
