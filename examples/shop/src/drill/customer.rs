//! Sends the requests of customers, and reads what operators read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::json;

const COUNTERS: [&str; 3] = [
    "resilient_breaker_calls_total",
    "resilient_retry_calls_total",
    "resilient_retry_retries_total",
];

#[derive(Debug, Clone, Copy)]
pub(super) enum Asks {
    Order,
    Stock,
}

pub(super) struct Customer {
    http: Client,
    url: String,
    orders: AtomicU32,
}

impl Customer {
    pub(super) fn new(service: SocketAddr) -> Self {
        let url = format!("http://{service}");
        Self { http: Client::new(), url, orders: AtomicU32::new(0) }
    }

    /// Sends a request, and returns the status and how long it took.
    pub(super) async fn send(&self, asks: Asks) -> reqwest::Result<(StatusCode, Duration)> {
        let start = Instant::now();
        let response = match asks {
            Asks::Order => {
                let key = self.orders.fetch_add(1, Relaxed);
                let order = json!({ "sku": "kettle", "quantity": 1, "card": "tok_1" });
                let url = format!("{}/orders", self.url);
                let key = format!("drill-{key}");
                self.http.post(url).header("Idempotency-Key", key).json(&order).send().await?
            }
            Asks::Stock => self.http.get(format!("{}/stock/kettle", self.url)).send().await?,
        };
        Ok((response.status(), start.elapsed()))
    }

    pub(super) async fn text(&self, path: &str) -> reqwest::Result<(StatusCode, String)> {
        let response = self.http.get(format!("{}{path}", self.url)).send().await?;
        Ok((response.status(), response.text().await?))
    }

    /// Returns the counters that show trouble.
    pub(super) async fn metrics(&self) -> reqwest::Result<BTreeMap<String, u64>> {
        let text = self.text("/metrics").await?.1;
        let shows_trouble = |line: &&str| {
            let is_counted = COUNTERS.iter().any(|name| line.starts_with(name));
            is_counted && !line.contains("result=\"success")
        };
        let counter = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        };
        Ok(text.lines().filter(shows_trouble).filter_map(counter).collect())
    }
}
